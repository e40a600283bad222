//! `bulkhead replay`: from its arguments to a report and an exit code.

use std::io::{self, BufWriter, IsTerminal, Write};
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread;

use clap::{CommandFactory, error::ErrorKind};
use intake::audit::Log;
use jiff::Timestamp;

use crate::catalog;
use crate::checkpoint::{Checkpoint, Mark};
use crate::cli::{Cli, Replay};
use crate::cluster::Cluster;
use crate::command::load;
use crate::fatal::Fatal;
use crate::filter::Filter;
use crate::host::Policy;
use crate::judge::Judge;
use crate::outcome::Outcome;
use crate::output::{BUFFER, Out, Output};
use crate::pipeline::{Follow, Inputs, Pipeline};
use crate::progress::{Bar, Progress};
use crate::rbac::Told;
use crate::report::{Report, Setting};
use crate::rules;
use crate::settings::{self, Settings};
use crate::tally::Tally;
use crate::terminal::{Color, Terminal};

/// Writes the report, and returns the exit code.
pub(crate) fn write(
    arguments: &Replay,
    color: Color,
    stdout: &mut Out,
    told: &Told<'_>,
) -> Result<u8, Fatal> {
    let paths = paths(arguments)?;
    let jobs = arguments
        .jobs
        .and_then(|jobs| NonZeroUsize::new(jobs.into()))
        .or_else(|| thread::available_parallelism().ok())
        .unwrap_or(NonZeroUsize::MIN);
    let policy = load(arguments.policy.as_deref(), jobs)?;
    let rules = rules::named(&policy, &arguments.show.rule)?;
    let filter = arguments.show.filter(rules);
    if let Some(contradiction) = filter.contradiction() {
        return Err(conflict(&contradiction));
    }
    let settings =
        settings::load(&policy, arguments.settings.as_deref()).map_err(Fatal::Mistakes)?;
    let cluster = cluster(arguments, &paths, &settings)?;
    if let [path] = paths.as_slice()
        && arguments.follow
        && !path.exists()
    {
        (told.notice)(&format!("{}: waiting for it", path.display()));
    }
    let terminal = Terminal::stdout(match arguments.output {
        None => color,
        Some(_) => Color::Never,
    });
    let report = Report::new(arguments.format, terminal, arguments.follow, || {
        setting(arguments, &policy)
    })?;
    let judge = Judge {
        settings: settings.json,
        policy,
        format: arguments.format,
    };
    let (checkpoint, from, written) = checkpoint(arguments)?;
    let mut file = match &arguments.output {
        None => None,
        Some(path) => {
            let output = Output::file(path, written);
            let output = output.map_err(|error| Fatal::File(path.clone(), error))?;
            Some(BufWriter::with_capacity(BUFFER, output))
        }
    };
    let progress = Arc::new(Progress::default());
    let bar = Bar::new(&paths, arguments.format);
    let inputs = match paths.as_slice() {
        [path] if arguments.follow => Inputs::Growing(Follow {
            path: path.clone(),
            from,
        }),
        _ => Inputs::Paths(paths),
    };
    let log = Log::new(usize::from(arguments.remember) << 20);
    let outcomes = Pipeline::start(inputs, cluster, log, &judge, jobs, &progress);
    let mut tally = Tally::new(
        arguments.fail_on.into(),
        arguments.strict,
        settings.exemptions,
    );
    let mut run = Run {
        filter,
        tally: &mut tally,
        bar,
        out: file.as_mut().unwrap_or(stdout),
        output: arguments.output.as_deref(),
        checkpoint,
        told,
    };
    match run.print(outcomes.map_err(Fatal::Threads)?, report, &progress) {
        // whoever read the report has enough
        Err(Fatal::Output(error)) if error.kind() == io::ErrorKind::BrokenPipe => {}
        done => done?,
    }
    Ok(tally.exit_code())
}

/// What to read: standard input if nothing is named.
fn paths(arguments: &Replay) -> Result<Vec<PathBuf>, Fatal> {
    let paths = match arguments.inputs.as_slice() {
        [] if io::stdin().is_terminal() => {
            let message = "no input: name files or folders, or `-` for standard input";
            let kind = ErrorKind::MissingRequiredArgument;
            return Err(Fatal::Usage(complaint(kind, message)));
        }
        [] => vec![PathBuf::from("-")],
        paths => paths.to_vec(),
    };
    let reason = match paths.as_slice() {
        _ if !arguments.follow => return Ok(paths),
        _ if arguments.format.is_document() => {
            return Err(conflict(
                "`--follow` goes with formats that have a line for each case or finding (json, \
                 ocsf, falco) or with text: a document would never end",
            ));
        }
        [path] if path.as_os_str() == "-" => "standard input is read as it comes without it",
        [path] if path.is_dir() => "this is a folder",
        [_] => return Ok(paths),
        _ => "these are several",
    };
    Err(conflict(&format!("`--follow` needs one file: {reason}")))
}

/// What formats of other programs need to know.
fn setting(arguments: &Replay, policy: &Policy) -> Result<Setting, Fatal> {
    Ok(Setting {
        catalog: catalog::read(&catalog::ask(policy)?)?,
        fail_on: arguments.fail_on.into(),
        strict: arguments.strict,
        now: now(),
    })
}

/// The time now, or that of the environment variable `SOURCE_DATE_EPOCH`, by which reports of the
/// same input are the same.
///
/// Source: the specification of reproducible-builds.org.
fn now() -> Timestamp {
    let set = std::env::var("SOURCE_DATE_EPOCH").ok();
    let seconds = set.and_then(|seconds| seconds.parse().ok());
    let time = seconds.and_then(|seconds| Timestamp::from_second(seconds).ok());
    time.unwrap_or_else(Timestamp::now)
}

/// The checkpoint, how far it says that the log was told of, and how long the report was then.
fn checkpoint(arguments: &Replay) -> Result<(Option<Checkpoint>, Option<Mark>, u64), Fatal> {
    let Some(path) = &arguments.checkpoint else {
        return Ok((None, None, 0));
    };
    let (checkpoint, state) = Checkpoint::open(path)?;
    let (from, written) = match state {
        Some((mark, written)) => (Some(mark), written),
        None => (None, 0),
    };
    Ok((Some(checkpoint), from, written))
}

/// A replay that is being printed.
struct Run<'a> {
    filter: Filter,
    tally: &'a mut Tally,
    bar: Bar,
    out: &'a mut Out,
    /// The file that the report goes to.
    output: Option<&'a Path>,
    checkpoint: Option<Checkpoint>,
    told: &'a Told<'a>,
}

impl Run<'_> {
    fn print(
        &mut self,
        mut outcomes: Pipeline,
        mut report: Report,
        progress: &Progress,
    ) -> Result<(), Fatal> {
        let begun = report.begin(self.out);
        begun.map_err(|error| self.failed(error))?;
        while let Some(batch) = outcomes.next(|| self.settle(true))? {
            let judged = |outcome: &&Outcome| matches!(outcome, Outcome::Judged(_));
            self.bar
                .advance(progress, batch.iter().filter(judged).count());
            for outcome in batch {
                self.add(outcome, &mut report)?;
            }
        }
        let Self {
            filter,
            tally,
            out,
            told,
            ..
        } = self;
        tally.in_vain = filter.in_vain();
        let finished = report.finish(tally, out, told.notice);
        finished
            .and_then(|()| self.out.flush())
            .map_err(|error| self.failed(error))
    }

    fn add(&mut self, mut outcome: Outcome, report: &mut Report) -> Result<(), Fatal> {
        self.filter.note(&outcome);
        self.tally.order.note(&outcome);
        if !self.filter.shows(&outcome) {
            self.tally.nowhere += u64::from(self.filter.is_nowhere(&outcome));
            self.tally.leave_out(&outcome);
            return Ok(());
        }
        self.tally.timeless += u64::from(self.filter.is_timeless(&outcome));
        self.tally.count(&outcome);
        match &mut outcome {
            Outcome::Judged(judged) => {
                let filter = &self.filter;
                let all = judged.findings.len();
                judged
                    .findings
                    .retain(|(finding, _)| filter.shows_finding(finding));
                self.tally.left_out_findings += all - judged.findings.len();
            }
            Outcome::Mark(mark) => {
                if let Some(checkpoint) = &mut self.checkpoint {
                    let buffered = u64::try_from(self.out.buffer().len()).unwrap_or(u64::MAX);
                    let length = self.out.get_mut().length();
                    let length = length.map_err(|error| failed(self.output, error))?;
                    checkpoint.advance(mark.clone(), length.saturating_add(buffered));
                }
                return self.settle(false);
            }
            _ => {}
        }
        let Self { bar, out, told, .. } = self;
        report
            .add(outcome, out, |error| bar.aside(|| (told.error)(error)))
            .map_err(|error| self.failed(error))
    }

    /// Writes out what was told, if nothing is to be done or a checkpoint is due.
    fn settle(&mut self, is_idle: bool) -> Result<(), Fatal> {
        let is_due = |checkpoint: &Checkpoint| checkpoint.is_due(is_idle);
        let is_due = self.checkpoint.as_ref().is_some_and(is_due);
        if !is_idle && !is_due {
            return Ok(());
        }
        self.out.flush().map_err(|error| self.failed(error))?;
        if let (true, Some(checkpoint)) = (is_due, &mut self.checkpoint) {
            let settled = self.out.get_mut().settle();
            settled.map_err(|error| failed(self.output, error))?;
            checkpoint.save()?;
        }
        Ok(())
    }

    fn failed(&self, error: io::Error) -> Fatal {
        failed(self.output, error)
    }
}

/// The report cannot be written.
fn failed(output: Option<&Path>, error: io::Error) -> Fatal {
    match output {
        Some(path) => Fatal::File(path.to_owned(), error),
        None => Fatal::Output(error),
    }
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
