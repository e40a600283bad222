//! A waPC host on wasmtime: loads a policy once and calls it with bytes.
//!
//! It knows the waPC protocol and the limits of a call. It knows nothing of
//! Kubernetes, of rules or of files. The guest gets no file, no clock and no
//! environment, so its answer is a function of the payload and of what the
//! [`Host`] that a call brings along says.

mod engine;
mod error;
mod guest;
mod wapc;
mod wasi;

use std::num::NonZeroUsize;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use wasmtime::{
    ExternType, FuncType, InstancePre, Linker, Module, ModuleExport, Store, TypedFunc, ValType,
};

use engine::Clock;
pub use error::{CallError, LoadError};
use guest::Guest;

/// What a guest asks of its host.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HostCall {
    /// Whose operations: `kubewarden`.
    pub binding: String,
    /// The group of operations, such as `kubernetes`.
    pub namespace: String,
    /// The operation, such as `get_resource`.
    pub operation: String,
    /// Its argument.
    pub payload: Vec<u8>,
}

/// Answers a guest's host calls; an error is a text for the guest.
pub type Host = Arc<dyn Fn(&HostCall) -> Result<Vec<u8>, String> + Send + Sync>;

/// What a policy may use, and how many calls run side by side.
#[derive(Clone, Debug)]
pub struct Options {
    /// Instances alive at the same time: one for each thread that calls.
    pub instances: NonZeroUsize,
    /// How long starting an instance, and each call, may take.
    pub time_limit: Duration,
    /// Bytes of memory the guest may use, and 24 more for each byte of its
    /// payload: a request of 50 MB that is all findings can be judged, and a
    /// small request can still not eat the machine.
    pub memory_limit: usize,
    /// Whether compiled code is kept in the user's cache folder.
    pub cache: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            instances: thread::available_parallelism().unwrap_or(NonZeroUsize::MIN),
            // the deadline of policy-server: `--policy-timeout`
            time_limit: Duration::from_secs(2),
            memory_limit: 64 << 20,
            cache: true,
        }
    }
}

/// A compiled policy, shared by all threads.
///
/// ```
/// # use bulkhead::host::{Options, Policy};
/// let policy = Policy::load(bulkhead::POLICY, &Options::default())?;
/// assert_eq!(policy.call("protocol_version", b"")?, b"\"v1\"");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct Policy {
    template: InstancePre<Guest>,
    exports: Exports,
    clock: Arc<Clock>,
    memory_limit: usize,
}

#[derive(Clone, Copy)]
struct Exports {
    memory: ModuleExport,
    guest_call: ModuleExport,
    start: Option<ModuleExport>,
    wapc_init: Option<ModuleExport>,
}

impl Policy {
    /// Compiles a WebAssembly module, or takes its code from the cache.
    ///
    /// # Errors
    /// When the bytes are no module, when it is no waPC guest, and when it
    /// imports something that a replay does not provide.
    pub fn load(wasm: &[u8], options: &Options) -> Result<Self, LoadError> {
        let engine = engine::engine(options).map_err(LoadError::engine)?;
        if !wasm.starts_with(b"\0asm") {
            return Err(LoadError::OtherBytes);
        }
        let module = Module::from_binary(&engine, wasm).map_err(LoadError::module)?;
        let mut linker = Linker::new(&engine);
        wapc::link(&mut linker).map_err(LoadError::engine)?;
        wasi::link(&mut linker).map_err(LoadError::engine)?;
        let call = FuncType::new(&engine, [ValType::I32, ValType::I32], [ValType::I32]);
        let is_call = |export: &ExternType| export.func().is_some_and(|it| FuncType::eq(it, &call));
        let is_memory = |export: &ExternType| export.memory().is_some();
        let required = |name, fits: &dyn Fn(&ExternType) -> bool| {
            let fitting = module.get_export(name).filter(fits);
            fitting
                .and_then(|_| module.get_export_index(name))
                .ok_or(LoadError::MissingExport(name))
        };
        Ok(Self {
            exports: Exports {
                memory: required("memory", &is_memory)?,
                guest_call: required("__guest_call", &is_call)?,
                start: module.get_export_index("_start"),
                wapc_init: module.get_export_index("wapc_init"),
            },
            template: linker.instantiate_pre(&module).map_err(LoadError::link)?,
            clock: Arc::new(Clock::start(&engine, options.time_limit).map_err(LoadError::clock)?),
            memory_limit: options.memory_limit,
        })
    }

    /// Asks a fresh instance, so that no call can leave a trace in another.
    ///
    /// # Errors
    /// When the guest traps, answers with an error, or exceeds a limit.
    pub fn call(&self, operation: &str, payload: impl Into<Vec<u8>>) -> Result<Vec<u8>, CallError> {
        self.answer(operation, payload.into(), None)
    }

    /// The same, with a host that answers what the guest asks.
    ///
    /// # Errors
    /// When the guest traps, answers with an error, or exceeds a limit.
    pub fn call_with(
        &self,
        operation: &str,
        payload: impl Into<Vec<u8>>,
        host: Host,
    ) -> Result<Vec<u8>, CallError> {
        self.answer(operation, payload.into(), Some(host))
    }

    fn answer(
        &self,
        operation: &str,
        payload: Vec<u8>,
        host: Option<Host>,
    ) -> Result<Vec<u8>, CallError> {
        let mut instance = self.instance_for(payload.len(), host)?;
        instance.store.data_mut().payload = payload;
        instance.answer(operation)
    }

    /// Starts an instance that answers any number of calls.
    ///
    /// # Errors
    /// When the guest traps or exceeds a limit while it starts.
    pub fn instance(&self) -> Result<Instance, CallError> {
        self.instance_for(0, None)
    }

    fn instance_for(&self, payload: usize, host: Option<Host>) -> Result<Instance, CallError> {
        let mut store = Store::new(
            self.template.module().engine(),
            Guest::new(self.memory_limit, host),
        );
        store.data_mut().expect_payload(payload);
        store.limiter(|guest| guest);
        store.set_epoch_deadline(self.clock.deadline());
        match self.start(&mut store) {
            Ok(guest_call) => Ok(Instance {
                store,
                guest_call,
                clock: Arc::clone(&self.clock),
            }),
            Err(error) => Err(CallError::of(&error, store.data(), &self.clock)),
        }
    }

    /// Instantiates the module and runs what waPC hosts run on every instance:
    /// `_start` and `wapc_init`, in this order, where they are exported.
    fn start(&self, store: &mut Store<Guest>) -> wasmtime::Result<TypedFunc<(u32, u32), u32>> {
        let instance = self.template.instantiate(&mut *store)?;
        let memory = instance
            .get_module_export(&mut *store, &self.exports.memory)
            .and_then(wasmtime::Extern::into_memory);
        store.data_mut().memory = memory;
        let mut function = |export: &ModuleExport| {
            instance
                .get_module_export(&mut *store, export)
                .and_then(wasmtime::Extern::into_func)
                .ok_or_else(|| wasmtime::format_err!("a waPC export is no function"))
        };
        let guest_call = function(&self.exports.guest_call)?;
        let starts = [self.exports.start, self.exports.wapc_init]
            .iter()
            .flatten()
            .map(function)
            .collect::<wasmtime::Result<Vec<_>>>()?;
        for start in starts {
            start.typed::<(), ()>(&*store)?.call(&mut *store, ())?;
        }
        guest_call.typed(&*store)
    }
}

/// A started policy.
pub struct Instance {
    store: Store<Guest>,
    guest_call: TypedFunc<(u32, u32), u32>,
    clock: Arc<Clock>,
}

impl Instance {
    /// Calls an operation and returns the guest's answer.
    ///
    /// After an error other than [`CallError::Guest`] the instance is in an
    /// unknown state and should be dropped.
    ///
    /// # Errors
    /// When the guest traps, answers with an error, or exceeds a limit.
    pub fn call(&mut self, operation: &str, payload: &[u8]) -> Result<Vec<u8>, CallError> {
        let guest = self.store.data_mut();
        guest.payload.clear();
        guest.payload.extend_from_slice(payload);
        self.answer(operation)
    }

    /// Asks for what the guest does with the payload that lies ready.
    fn answer(&mut self, operation: &str) -> Result<Vec<u8>, CallError> {
        let payload = self.store.data().payload.len();
        let (Ok(operation_length), Ok(payload_length)) =
            (u32::try_from(operation.len()), u32::try_from(payload))
        else {
            return Err(CallError::PayloadTooLarge { payload });
        };
        self.store.data_mut().ask(operation);
        self.store.set_epoch_deadline(self.clock.deadline());
        let called = self
            .guest_call
            .call(&mut self.store, (operation_length, payload_length));
        let guest = self.store.data_mut();
        match called {
            Ok(1) => guest.response.take().ok_or(CallError::NoAnswer),
            Ok(_) => Err(CallError::Guest(guest.error.take().unwrap_or_default())),
            Err(error) => Err(CallError::of(&error, guest, &self.clock)),
        }
    }
}
