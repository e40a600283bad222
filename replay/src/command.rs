//! From a command line to an exit code.

use std::ffi::OsString;
use std::io::{self, BufWriter, IsTerminal, Write};
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::{fs, thread};

use clap::{CommandFactory, Parser, error::ErrorKind};
use intake::audit::Log;

use crate::answer::Finding;
use crate::cli::{Cli, Command, Replay};
use crate::cluster::Cluster;
use crate::fatal::{Fatal, PolicyError};
use crate::filter::Filter;
use crate::host::{Options, Policy};
use crate::judge::Judge;
use crate::outcome::Outcome;
use crate::pipeline::Pipeline;
use crate::progress::{Bar, Progress};
use crate::rbac::{self, Told};
use crate::report::Report;
use crate::settings::{self, Settings};
use crate::tally::Tally;
use crate::terminal::{Color, Terminal, escaped};
use crate::{POLICY, rules};

const AUDIT_POLICY: &str = include_str!("audit-policy.yaml");

/// Bytes of output that are written at once.
const BUFFER: usize = 64 << 10;

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
    let mut out = BufWriter::with_capacity(BUFFER, io::stdout().lock());
    let done = match &cli.command {
        Command::Replay(arguments) => replay(arguments, cli.color, &mut out),
        Command::Rbac(arguments) => {
            load(arguments.policy.as_deref(), NonZeroUsize::MIN).and_then(|policy| {
                let terminal = Terminal::stdout(cli.color);
                let told = Told {
                    error: &report_error,
                    notice: &notice,
                };
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

fn load(file: Option<&Path>, instances: NonZeroUsize) -> Result<Policy, Fatal> {
    let options = Options {
        instances,
        ..Options::default()
    };
    let loaded = match file {
        Some(path) => fs::read(path)
            .map_err(PolicyError::File)
            .and_then(|wasm| Policy::load(&wasm, &options).map_err(PolicyError::Load)),
        None => Policy::load(POLICY, &options).map_err(PolicyError::Load),
    };
    let name = file.unwrap_or(Path::new("the built-in policy"));
    loaded.map_err(|error| Fatal::Policy(name.to_owned(), error))
}

fn replay(arguments: &Replay, color: Color, out: &mut impl Write) -> Result<u8, Fatal> {
    let inputs = match arguments.inputs.as_slice() {
        [] if io::stdin().is_terminal() => {
            let message = "no input: name files or folders, or `-` for standard input";
            let kind = ErrorKind::MissingRequiredArgument;
            return Err(Fatal::Usage(complaint(kind, message)));
        }
        [] => vec![PathBuf::from("-")],
        inputs => inputs.to_vec(),
    };
    let jobs = arguments
        .jobs
        .and_then(|jobs| NonZeroUsize::new(jobs.into()))
        .or_else(|| thread::available_parallelism().ok())
        .unwrap_or(NonZeroUsize::MIN);
    let policy = load(arguments.policy.as_deref(), jobs)?;
    let settings =
        settings::load(&policy, arguments.settings.as_deref()).map_err(Fatal::Mistakes)?;
    let cluster = cluster(arguments, &inputs, &settings)?;
    let judge = Judge {
        settings: settings.json,
        policy,
        format: arguments.format,
    };
    let log = Log::new(usize::from(arguments.remember) << 20);
    let progress = Arc::new(Progress::default());
    let bar = Bar::new(&inputs, arguments.format);
    let outcomes =
        Pipeline::start(inputs, cluster, log, &judge, jobs, &progress).map_err(Fatal::Threads)?;
    let mut tally = Tally::new(
        arguments.fail_on.into(),
        arguments.strict,
        settings.exemptions,
    );
    let report = Report::new(arguments.format, Terminal::stdout(color));
    let filter = arguments.filter();
    match print(outcomes, &filter, report, &mut tally, bar, &progress, out) {
        // whoever read the report has enough
        Err(Fatal::Output(error)) if error.kind() == io::ErrorKind::BrokenPipe => {}
        done => done?,
    }
    Ok(tally.exit_code())
}

fn print(
    mut outcomes: Pipeline,
    filter: &Filter,
    mut report: Report,
    tally: &mut Tally,
    mut bar: Bar,
    progress: &Progress,
    out: &mut impl Write,
) -> Result<(), Fatal> {
    while let Some(batch) = outcomes.next(|| out.flush().map_err(Fatal::Output))? {
        let judged = |outcome: &&Outcome| matches!(outcome, Outcome::Judged(_));
        bar.advance(progress, batch.iter().filter(judged).count());
        for mut outcome in batch {
            if !filter.shows(&outcome) {
                tally.left_out += 1;
                continue;
            }
            if let Outcome::Judged(judged) = &mut outcome {
                let is_shown = |finding: &Finding| filter.shows_severity(finding.severity);
                judged.findings.retain(|(finding, _)| is_shown(finding));
            }
            tally.count(&outcome);
            report
                .add(outcome, out, |error| bar.aside(|| report_error(error)))
                .map_err(Fatal::Output)?;
        }
    }
    drop(bar);
    report.finish(tally, out, notice).map_err(Fatal::Output)?;
    out.flush().map_err(Fatal::Output)
}

/// What the policy is answered from, if it asks at all.
fn cluster(
    arguments: &Replay,
    inputs: &[PathBuf],
    settings: &Settings,
) -> Result<Option<Cluster>, Fatal> {
    if !settings.cluster_context {
        if arguments.cluster.is_empty() {
            return Ok(None);
        }
        return Err(conflict(
            "`--cluster` needs settings with `clusterContext: true`: without it the policy asks \
             its host for nothing",
        ));
    }
    let is_stdin = |path: &PathBuf| path.as_os_str() == "-";
    let stdin = inputs
        .iter()
        .chain(&arguments.cluster)
        .filter(|path| is_stdin(path));
    if arguments.cluster.iter().any(is_stdin) && stdin.count() > 1 {
        return Err(conflict(
            "standard input can be read once: as input or as snapshot",
        ));
    }
    let cluster = Cluster::of(&arguments.cluster).map_err(Fatal::Mistakes)?;
    Ok(Some(cluster))
}

fn conflict(message: &str) -> Fatal {
    Fatal::Usage(complaint(ErrorKind::ArgumentConflict, message))
}

/// What clap would say of a command line for `replay`.
fn complaint(kind: ErrorKind, message: &str) -> clap::Error {
    let mut command = Cli::command();
    command.build();
    match command.find_subcommand_mut("replay") {
        Some(replay) => replay.error(kind, message),
        None => command.error(kind, message),
    }
}
