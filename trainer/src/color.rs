//! Colours: only for people at a terminal, and only where they want them. What is printed or drawn for others has none.

use anstyle::{AnsiColor, Style};
use clap::ColorChoice;
use std::ffi::{OsStr, OsString};
use std::io::IsTerminal;
use std::sync::OnceLock;

/// Which of the streams have colours.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Colors {
    /// Results.
    stdout: bool,
    /// All else.
    stderr: bool,
}

/// None until the command line has been read.
static COLORS: OnceLock<Colors> = OnceLock::new();

/// The head of a table.
const HEAD: Style = Style::new().bold();
/// The mark of the best.
const BEST: Style = AnsiColor::Green.on_default().bold();

/// What the environment says of colours.
struct Environment {
    no_color: Option<OsString>,
    term: Option<OsString>,
}

impl Environment {
    fn read() -> Self {
        Self { no_color: std::env::var_os("NO_COLOR"), term: std::env::var_os("TERM") }
    }

    /// Whether colours are welcome on a terminal: a `NO_COLOR` that is not empty and a terminal that has none forbid them.
    fn allows(&self) -> bool {
        let is_set = |value: &Option<OsString>| value.as_deref().is_some_and(|value| !value.is_empty());
        !is_set(&self.no_color) && has_controls(self.term.as_deref())
    }
}

/// Whether a terminal of this kind knows control sequences; on Windows it need not say so.
fn has_controls(term: Option<&OsStr>) -> bool {
    term.map_or(cfg!(windows), |term| term != "dumb")
}

/// Whether stderr is a terminal on which lines can be drawn anew.
pub(crate) fn stderr_can_redraw() -> bool {
    std::io::stderr().is_terminal() && has_controls(std::env::var_os("TERM").as_deref())
}

/// What `--color` says among some arguments, which clap's own help must know before it reads them; what is no choice is left to clap to complain of.
pub(crate) fn asked(arguments: impl IntoIterator<Item = OsString>) -> ColorChoice {
    let mut arguments = arguments.into_iter().take_while(|argument| argument != "--");
    let mut choice = ColorChoice::Auto;
    while let Some(argument) = arguments.next() {
        let value = match argument.to_str() {
            Some("--color") => arguments.next().and_then(|value| value.into_string().ok()),
            Some(argument) => argument.strip_prefix("--color=").map(str::to_owned),
            None => None,
        };
        choice = value.and_then(|value| value.parse().ok()).unwrap_or(choice);
    }
    match choice {
        ColorChoice::Auto if !Environment::read().allows() => ColorChoice::Never,
        choice => choice,
    }
}

/// Decides for the rest of the process.
pub(crate) fn begin(choice: ColorChoice) {
    let allowed = Environment::read().allows();
    let decide = |is_terminal: bool| match choice {
        ColorChoice::Always => true,
        ColorChoice::Never => false,
        ColorChoice::Auto => is_terminal && allowed,
    };
    let colors =
        Colors { stdout: decide(std::io::stdout().is_terminal()), stderr: decide(std::io::stderr().is_terminal()) };
    // A second run in the same process keeps the first decision, as it keeps the first log.
    COLORS.get_or_init(|| colors);
}

fn colors() -> Colors {
    COLORS.get().copied().unwrap_or_default()
}

fn styled(text: &str, style: Style) -> String {
    format!("{style}{text}{style:#}")
}

/// The word of a level, for stderr.
pub(crate) fn level(level: log::Level) -> String {
    let word = level.as_str().to_lowercase();
    if !colors().stderr {
        return word;
    }
    let color = match level {
        log::Level::Error => AnsiColor::Red,
        log::Level::Warn => AnsiColor::Yellow,
        log::Level::Info => AnsiColor::Green,
        log::Level::Debug => AnsiColor::Blue,
        log::Level::Trace => AnsiColor::Magenta,
    };
    styled(&word, color.on_default().bold())
}

/// A table for stdout, with its head in bold and the mark of the best coloured.
pub(crate) fn table(table: String, mark: &str) -> String {
    if !colors().stdout {
        return table;
    }
    let (head, rows) = table.split_once('\n').unwrap_or((&table, ""));
    let mark = mark.trim();
    let rows = rows.replace(&format!(" {mark} |"), &format!(" {} |", styled(mark, BEST)));
    format!("{}\n{rows}", styled(head, HEAD))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_environment_can_forbid_colours() {
        let allows = |no_color: Option<&str>, term: Option<&str>| {
            Environment { no_color: no_color.map(Into::into), term: term.map(Into::into) }.allows()
        };
        assert!(allows(None, Some("xterm-256color")) && allows(Some(""), Some("xterm")));
        assert!(!allows(Some("0"), Some("xterm")) && !allows(Some("1"), Some("xterm")));
        assert!(!allows(None, Some("dumb")));
        assert_eq!(allows(None, None), cfg!(windows));
    }

    #[test]
    fn the_choice_is_found_among_the_arguments() {
        let asked = |arguments: &[&str]| asked(arguments.iter().map(Into::into));
        assert_eq!(asked(&["train", "--color", "always", "--help"]), ColorChoice::Always);
        assert_eq!(asked(&["--color=never", "train"]), ColorChoice::Never);
        assert_eq!(asked(&["--color=always", "--color", "never"]), ColorChoice::Never);
        assert_ne!(asked(&["train", "--", "--color=always"]), ColorChoice::Always);
    }
}
