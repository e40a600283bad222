//! What shells and `man` want to know of the command line, printed from its definition.

use std::io::{self, Write};

use clap::CommandFactory as _;

use crate::cli::{Cli, Completions, Man};
use crate::fatal::Fatal;

/// Writes the completions for a shell.
pub(crate) fn completions(arguments: &Completions, out: &mut impl Write) -> Result<(), Fatal> {
    let mut text = Vec::new();
    let mut command = Cli::command();
    clap_complete::generate(arguments.shell, &mut command, "bulkhead", &mut text);
    put(out, &text)
}

/// Writes the manual page of the command, or of one of its commands.
pub(crate) fn man(arguments: &Man, out: &mut impl Write) -> Result<(), Fatal> {
    let mut command = Cli::command();
    command.build();
    let page = match &arguments.command {
        None => command,
        Some(name) => match command.find_subcommand(name) {
            Some(found) => found.clone(),
            None => return Err(Fatal::NoSuchCommand(name.clone())),
        },
    };
    let mut text = Vec::new();
    let rendered = clap_mangen::Man::new(page).render(&mut text);
    rendered.map_err(Fatal::Output)?;
    put(out, &text)
}

/// Whoever reads it has enough when they close it.
fn put(out: &mut impl Write, text: &[u8]) -> Result<(), Fatal> {
    match out.write_all(text) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(Fatal::Output(error)),
        _ => Ok(()),
    }
}
