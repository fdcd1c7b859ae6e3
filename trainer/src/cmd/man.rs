//! `man`: manual pages.

use crate::output::write_all;
use anyhow::Result;
use clap::Args;
use clap_mangen::Man as Page;
use std::path::PathBuf;

/// Print the manual page, or write the pages of all commands to a folder
///
/// Example: token2metrics man --output man/man1
#[derive(Debug, Args)]
pub struct Man {
    /// Where to write a page for each command, instead of printing the first
    #[arg(long, value_name = "DIR")]
    output: Option<PathBuf>,
}

impl Man {
    /// # Errors
    /// A folder that cannot be written.
    pub fn run(self) -> Result<String> {
        let mut command = crate::cli::command().disable_help_subcommand(true);
        // Gives the commands their full names, and what all of them have in common.
        command.build();
        let main = Page::new(command.clone());
        let Some(folder) = self.output else { return Ok(String::from_utf8(text(&main)?)?) };
        let mut files = Vec::new();
        for page in std::iter::once(main).chain(command.get_subcommands().cloned().map(Page::new)) {
            files.push((folder.join(page.get_filename()), text(&page)?));
        }
        write_all(&files)?;
        Ok(files.iter().map(|(path, _)| format!("{}\n", path.display())).collect())
    }
}

fn text(page: &Page) -> Result<Vec<u8>> {
    let mut text = Vec::new();
    page.render(&mut text)?;
    Ok(text)
}
