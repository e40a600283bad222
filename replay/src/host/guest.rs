//! What the host remembers of one instance: the question, the answer, and how
//! much memory it may still take.

use wasmtime::{Caller, Memory, ResourceLimiter, bail};

use super::{Host, HostCall};

/// Largest table a policy may grow: function pointers, of which it has few.
const TABLE_ELEMENTS: usize = 20_000;

/// Bytes of memory a guest may use for each byte of its payload, and of the longest answer that
/// its host gave: what the policy needs for an object that consists of nothing but findings, with
/// room to spare.
const PER_BYTE: usize = 24;

/// What a host call is answered with where there is no host to ask.
const DENIED: &str = "denied: a replay has no cluster to ask";

/// Longest error text that is kept of a guest, in bytes.
const ERROR_LENGTH: u32 = 4096;

pub(super) struct Guest {
    pub(super) memory: Option<Memory>,
    pub(super) operation: Vec<u8>,
    pub(super) payload: Vec<u8>,
    pub(super) response: Option<Vec<u8>>,
    pub(super) error: Option<String>,
    /// Who answers host calls.
    host: Option<Host>,
    /// What the last host call was answered with.
    host_answer: Result<Vec<u8>, String>,
    /// State of the guest's random numbers; every instance starts with the same.
    pub(super) random: u64,
    base_limit: usize,
    memory_limit: usize,
    memory_refused: bool,
}

impl Guest {
    pub(super) fn new(base_limit: usize, host: Option<Host>) -> Self {
        Self {
            memory: None,
            operation: Vec::new(),
            payload: Vec::new(),
            response: None,
            error: None,
            host,
            host_answer: Err(DENIED.to_owned()),
            random: 0,
            base_limit,
            memory_limit: base_limit,
            memory_refused: false,
        }
    }

    /// Makes ready for an operation on the payload.
    pub(super) fn ask(&mut self, operation: &str) {
        self.operation.clear();
        self.operation.extend_from_slice(operation.as_bytes());
        self.response = None;
        self.error = None;
        self.host_answer = Err(DENIED.to_owned());
        self.memory_refused = false;
        self.expect_payload(self.payload.len());
    }

    /// Asks the host, and remembers its answer; true where it is no error.
    pub(super) fn ask_host(&mut self, call: &HostCall) -> bool {
        if let Some(host) = &self.host {
            self.host_answer = host(call);
        }
        let Ok(answer) = &self.host_answer else {
            return false;
        };
        let bytes = self.payload.len().saturating_add(answer.len());
        self.memory_limit = self.memory_limit.max(self.limit_for(bytes));
        true
    }

    /// What the last host call was answered with, where it was an error.
    pub(super) fn host_error(&self) -> &[u8] {
        match &self.host_answer {
            Ok(_) => b"",
            Err(error) => error.as_bytes(),
        }
    }

    /// What the last host call was answered with, where it was no error.
    pub(super) fn host_response(&self) -> &[u8] {
        self.host_answer.as_deref().unwrap_or_default()
    }

    /// Sets the memory limit to what a payload of this size may need.
    pub(super) fn expect_payload(&mut self, payload: usize) {
        self.memory_limit = self.limit_for(payload);
    }

    fn limit_for(&self, bytes: usize) -> usize {
        self.base_limit
            .saturating_add(bytes.saturating_mul(PER_BYTE))
    }

    /// The memory limit in bytes, when the guest wanted more.
    pub(super) fn exceeded_memory(&self) -> Option<usize> {
        self.memory_refused.then_some(self.memory_limit)
    }
}

impl ResourceLimiter for Guest {
    fn memory_growing(
        &mut self,
        _current: usize,
        desired: usize,
        _maximum: Option<usize>,
    ) -> wasmtime::Result<bool> {
        // the guest is told, as on a machine without memory; it may cope
        self.memory_refused |= desired > self.memory_limit;
        Ok(desired <= self.memory_limit)
    }

    fn table_growing(
        &mut self,
        _current: usize,
        desired: usize,
        _maximum: Option<usize>,
    ) -> wasmtime::Result<bool> {
        Ok(desired <= TABLE_ELEMENTS)
    }
}

/// Copies `length` bytes out of the guest's memory.
pub(super) fn read(caller: &Caller<'_, Guest>, at: u32, length: u32) -> wasmtime::Result<Vec<u8>> {
    let range = usize::try_from(at)?..usize::try_from(at)?.saturating_add(usize::try_from(length)?);
    match memory(caller)?.data(caller).get(range) {
        Some(bytes) => Ok(bytes.to_vec()),
        None => bail!("the policy names bytes outside its memory"),
    }
}

/// Text of the guest for a person: cut to a bounded length, one line.
pub(super) fn read_text(
    caller: &Caller<'_, Guest>,
    at: u32,
    length: u32,
) -> wasmtime::Result<String> {
    let bytes = read(caller, at, length.min(ERROR_LENGTH))?;
    Ok(String::from_utf8_lossy(&bytes).replace(['\n', '\r'], " "))
}

/// Copies bytes into the guest's memory.
pub(super) fn write(caller: &mut Caller<'_, Guest>, at: u32, bytes: &[u8]) -> wasmtime::Result<()> {
    let memory = memory(caller)?;
    Ok(memory.write(caller, usize::try_from(at)?, bytes)?)
}

/// The guest's memory, and what the host keeps of the guest, side by side.
pub(super) fn split<'a>(
    caller: &'a mut Caller<'_, Guest>,
) -> wasmtime::Result<(&'a mut [u8], &'a mut Guest)> {
    let memory = memory(caller)?;
    Ok(memory.data_and_store_mut(caller))
}

fn memory(caller: &Caller<'_, Guest>) -> wasmtime::Result<Memory> {
    match caller.data().memory {
        Some(memory) => Ok(memory),
        None => bail!("the policy calls its host before it is started"),
    }
}
