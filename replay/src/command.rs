//! From a command line to an exit code.

use std::ffi::OsString;
use std::fs;
use std::io::{self, BufWriter, Write};
use std::num::NonZeroUsize;
use std::path::Path;
use std::process::ExitCode;

use clap::Parser;

use crate::cli::{Cli, Command};
use crate::fatal::{Fatal, PolicyError};
use crate::host::{Options, Policy};
use crate::output::{BUFFER, Output};
use crate::rbac::{self, Told};
use crate::terminal::{Terminal, escaped};
use crate::{POLICY, registry, replay, rules, shell};

const AUDIT_POLICY: &str = include_str!("audit-policy.yaml");

/// Runs the command and returns its exit code: 0, 1, or 2 for what could not
/// be done. A closed output is a quiet end.
pub fn run(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    let code = match Cli::try_parse_from(arguments) {
        Ok(cli) => execute(&cli),
        Err(error) => usage(&error),
    };
    ExitCode::from(code)
}

fn execute(cli: &Cli) -> u8 {
    let mut out = BufWriter::with_capacity(BUFFER, Output::Stdout(io::stdout().lock()));
    let told = Told {
        error: &report_error,
        notice: &notice,
    };
    let done = match &cli.command {
        Command::Replay(arguments) => replay::write(arguments, cli.color, &mut out, &told),
        Command::Rbac(arguments) => {
            load(arguments.policy.as_deref(), NonZeroUsize::MIN).and_then(|policy| {
                let terminal = Terminal::stdout(cli.color);
                rbac::write(&policy, arguments, terminal, &mut out, &told)
            })
        }
        Command::Rules(arguments) => load(arguments.policy.as_deref(), NonZeroUsize::MIN)
            .and_then(|policy| {
                rules::write(&policy, arguments, Terminal::stdout(cli.color), &mut out)
            })
            .map(|()| 0),
        Command::AuditPolicy => out
            .write_all(AUDIT_POLICY.as_bytes())
            .map(|()| 0)
            .map_err(Fatal::Output),
        Command::Completions(arguments) => shell::completions(arguments, &mut out).map(|()| 0),
        Command::Man(arguments) => shell::man(arguments, &mut out).map(|()| 0),
    };
    let done = done.and_then(|code| match out.flush() {
        // whoever read the output has enough
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(Fatal::Output(error)),
        _ => Ok(code),
    });
    match done {
        Ok(code) => code,
        Err(Fatal::Usage(error)) => usage(&error),
        Err(fatal) => {
            fatal.messages().iter().for_each(|line| report_error(line));
            2
        }
    }
}

/// Prints clap's help or complaint.
fn usage(error: &clap::Error) -> u8 {
    match error.print() {
        Err(failed) if failed.kind() != io::ErrorKind::BrokenPipe => 2,
        _ => u8::try_from(error.exit_code()).unwrap_or(2),
    }
}

/// Prints an error. When even that cannot be written, the exit code says it.
fn report_error(message: &str) {
    let _ = writeln!(io::stderr(), "error: {}", escaped(message));
}

/// Prints what is no error, beside a report for programs.
fn notice(text: &str) {
    let _ = writeln!(io::stderr(), "bulkhead: {text}");
}

/// The policy in this file, or the built-in one.
pub(crate) fn load(file: Option<&Path>, instances: NonZeroUsize) -> Result<Policy, Fatal> {
    let options = Options {
        instances,
        ..Options::default()
    };
    let loaded = match file {
        Some(path) => {
            read(path).and_then(|wasm| Policy::load(&wasm, &options).map_err(PolicyError::Load))
        }
        None => Policy::load(POLICY, &options).map_err(PolicyError::Load),
    };
    let name = file.unwrap_or(Path::new("the built-in policy"));
    loaded.map_err(|error| Fatal::Policy(name.to_owned(), error))
}

/// The bytes of a policy, from a file or a registry.
fn read(policy: &Path) -> Result<Vec<u8>, PolicyError> {
    match registry::reference(policy) {
        Some(reference) => registry::pull(reference).map_err(PolicyError::Pull),
        None => fs::read(policy).map_err(PolicyError::File),
    }
}
