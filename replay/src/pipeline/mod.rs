//! Reading, judging and reporting side by side, with the outcomes in input
//! order however many workers there are, and with bounded memory.
//!
//! One thread reads and sends batches of cases to the workers; for each batch
//! it puts a place to wait for its outcomes into a queue. Whoever takes the
//! outcomes walks along that queue.

mod budget;
mod growing;
mod reader;

use std::num::NonZeroUsize;
use std::sync::mpsc::{self, Receiver, Sender, SyncSender, TryRecvError};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};

use intake::Case;
use intake::audit::Log;

use crate::cluster::{Cluster, View};
use crate::judge::Judge;
use crate::outcome::{Outcome, Source};
use crate::progress::Progress;
use budget::Budget;
pub(crate) use growing::Follow;
pub(crate) use reader::Inputs;

/// Most bytes of requests that are read and not yet reported. A single larger
/// request passes alone.
const IN_FLIGHT: usize = 64 << 20;

/// Batches that may wait, for each worker.
const QUEUE: usize = 4;

/// What was read: a case to judge, with what the cluster held before it, or an outcome already.
enum Entry {
    Case(Source, Case, Option<View>),
    Done(Outcome),
}

/// Entries that travel together, and where their outcomes go.
struct Job {
    entries: Vec<Entry>,
    answer: Sender<Vec<Outcome>>,
}

/// A batch whose outcomes are awaited.
struct Ticket {
    bytes: usize,
    answer: Receiver<Vec<Outcome>>,
}

/// A replay under way. Dropping it ends it.
pub(crate) struct Pipeline {
    tickets: Receiver<Ticket>,
    budget: Arc<Budget>,
    reader: Option<JoinHandle<()>>,
}

/// Why no more outcomes come, although there should be more: a bug.
#[derive(Debug)]
pub(crate) struct Stopped;

impl Pipeline {
    /// Starts to read and judge all inputs; with a cluster, each case sees what
    /// the ones before it left there. Audit events are read into `log`.
    ///
    /// # Errors
    /// When no thread can be started.
    pub(crate) fn start(
        inputs: Inputs,
        cluster: Option<Cluster>,
        log: Log,
        judge: &Judge,
        jobs: NonZeroUsize,
        progress: &Arc<Progress>,
    ) -> std::io::Result<Self> {
        let budget = Arc::new(Budget::new(IN_FLIGHT));
        let (job_sender, jobs_receiver) = mpsc::sync_channel(jobs.get());
        let (ticket_sender, tickets) = mpsc::sync_channel(jobs.get().saturating_mul(QUEUE));
        let shared = Arc::new(Mutex::new(jobs_receiver));
        for _ in 0..jobs.get() {
            let judge = judge.clone();
            let shared = Arc::clone(&shared);
            thread::Builder::new()
                .name("judge".into())
                .spawn(move || work(&judge, &shared))?;
        }
        let output = Output {
            jobs: job_sender,
            tickets: ticket_sender,
            budget: Arc::clone(&budget),
        };
        let progress = Arc::clone(progress);
        let reader = thread::Builder::new()
            .name("read".into())
            .spawn(move || reader::read(&inputs, cluster, log, output, &progress))?;
        Ok(Self {
            tickets,
            budget,
            reader: Some(reader),
        })
    }

    /// The next outcomes, in input order; none at the end. Calls `idle` when
    /// it has to wait for them.
    pub(crate) fn next<E: From<Stopped>>(
        &mut self,
        mut idle: impl FnMut() -> Result<(), E>,
    ) -> Result<Option<Vec<Outcome>>, E> {
        let ticket = match self.tickets.try_recv() {
            Err(TryRecvError::Empty) => {
                idle()?;
                self.tickets.recv().ok()
            }
            ticket => ticket.ok(),
        };
        let Some(ticket) = ticket else {
            self.end()?;
            return Ok(None);
        };
        let outcomes = match ticket.answer.try_recv() {
            Ok(outcomes) => outcomes,
            Err(TryRecvError::Disconnected) => return Err(Stopped.into()),
            Err(TryRecvError::Empty) => {
                idle()?;
                ticket.answer.recv().map_err(|_| Stopped)?
            }
        };
        self.budget.give_back(ticket.bytes);
        Ok(Some(outcomes))
    }

    /// The end of the queue is the end of the input, unless the reader died.
    fn end(&mut self) -> Result<(), Stopped> {
        match self.reader.take().map(JoinHandle::join) {
            Some(Err(_)) => Err(Stopped),
            Some(Ok(())) | None => Ok(()),
        }
    }
}

/// Judges jobs until there are no more.
fn work(judge: &Judge, jobs: &Mutex<Receiver<Job>>) {
    loop {
        let next = jobs.lock().unwrap_or_else(PoisonError::into_inner).recv();
        let Ok(job) = next else { return };
        let outcomes = job
            .entries
            .into_iter()
            .map(|entry| match entry {
                Entry::Case(source, case, view) => judge.judge(source, case, view),
                Entry::Done(outcome) => outcome,
            })
            .collect();
        // nobody waits any more when the output is closed
        let _ = job.answer.send(outcomes);
    }
}

/// The reader's end of the pipeline.
struct Output {
    jobs: SyncSender<Job>,
    tickets: SyncSender<Ticket>,
    budget: Arc<Budget>,
}

/// Nobody waits for more outcomes.
struct Closed;

impl Output {
    fn send(&self, entries: Vec<Entry>, bytes: usize) -> Result<(), Closed> {
        self.budget.take(bytes);
        let (answer, awaited) = mpsc::channel();
        let ticket = Ticket {
            bytes,
            answer: awaited,
        };
        self.tickets.send(ticket).map_err(|_| Closed)?;
        self.jobs.send(Job { entries, answer }).map_err(|_| Closed)
    }
}
