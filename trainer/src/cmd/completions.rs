//! `completions`: what a shell needs to complete the command line.

use anyhow::Result;
use clap::Args;
use clap_complete::{Shell, generate};

/// Print the script with which a shell completes commands and options
///
/// Where it belongs: for bash in ~/.local/share/bash-completion/completions/token2metrics, for zsh as _token2metrics in a folder of $fpath, for fish in
/// ~/.config/fish/completions/token2metrics.fish; of elvish and PowerShell, in the file that they read at the start.
///
/// Example: token2metrics completions bash > token2metrics.bash
#[derive(Debug, Args)]
pub struct Completions {
    /// The shell
    #[arg(value_enum)]
    shell: Shell,
}

impl Completions {
    /// # Errors
    /// None that is known of.
    pub fn run(self) -> Result<String> {
        let mut script = Vec::new();
        let mut command = crate::cli::command();
        let name = command.get_name().to_owned();
        generate(self.shell, &mut command, name, &mut script);
        Ok(String::from_utf8(script)?)
    }
}
