//! The waPC imports. A guest fetches its question with `__guest_request` and
//! answers with `__guest_response` or `__guest_error`; what it asks of the
//! cluster is denied, because a replay has none.
//!
//! Source: `wapc-2.1.0/src/wapc_functions.rs`.

use wasmtime::{Caller, Linker};

use super::guest::{Guest, read, read_text, split, write};

const MODULE: &str = "wapc";

/// What every host call is answered with.
const DENIED: &str = "denied: a replay has no cluster to ask";

pub(super) fn link(linker: &mut Linker<Guest>) -> wasmtime::Result<()> {
    linker.func_wrap(MODULE, "__guest_request", guest_request)?;
    linker.func_wrap(
        MODULE,
        "__guest_response",
        |mut caller: Caller<'_, Guest>, at: u32, length: u32| {
            let response = read(&caller, at, length)?;
            caller.data_mut().response = Some(response);
            wasmtime::Result::Ok(())
        },
    )?;
    linker.func_wrap(
        MODULE,
        "__guest_error",
        |mut caller: Caller<'_, Guest>, at: u32, length: u32| {
            let error = read_text(&caller, at, length)?;
            caller.data_mut().error = Some(error);
            wasmtime::Result::Ok(())
        },
    )?;
    linker.func_wrap(
        MODULE,
        "__host_call",
        |_: u32, _: u32, _: u32, _: u32, _: u32, _: u32, _: u32, _: u32| 0_u32,
    )?;
    linker.func_wrap(MODULE, "__host_response_len", || 0_u32)?;
    linker.func_wrap(MODULE, "__host_response", |_: u32| ())?;
    linker.func_wrap(MODULE, "__host_error_len", || {
        u32::try_from(DENIED.len()).unwrap_or(0)
    })?;
    linker.func_wrap(
        MODULE,
        "__host_error",
        |mut caller: Caller<'_, Guest>, at: u32| write(&mut caller, at, DENIED.as_bytes()),
    )?;
    linker.func_wrap(MODULE, "__console_log", |_: u32, _: u32| ())?;
    Ok(())
}

fn guest_request(
    mut caller: Caller<'_, Guest>,
    operation_at: u32,
    payload_at: u32,
) -> wasmtime::Result<()> {
    let (memory, guest) = split(&mut caller)?;
    for (at, bytes) in [
        (operation_at, &guest.operation),
        (payload_at, &guest.payload),
    ] {
        let at = usize::try_from(at)?;
        match memory.get_mut(at..at.saturating_add(bytes.len())) {
            Some(place) => place.copy_from_slice(bytes),
            None => wasmtime::bail!("the policy asks for its request outside its memory"),
        }
    }
    Ok(())
}
