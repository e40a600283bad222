//! The waPC imports. A guest fetches its question with `__guest_request` and
//! answers with `__guest_response` or `__guest_error`. What it asks of its host
//! is answered by the [`Host`](super::Host) of the call; without one it is denied.
//!
//! Source: `wapc-2.1.0/src/wapc_functions.rs`.

use wasmtime::{Caller, Linker};

use super::HostCall;
use super::guest::{Guest, read, read_text, split};

const MODULE: &str = "wapc";

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
    linker.func_wrap(MODULE, "__host_call", host_call)?;
    linker.func_wrap(
        MODULE,
        "__host_response_len",
        |caller: Caller<'_, Guest>| length(caller.data().host_response()),
    )?;
    linker.func_wrap(
        MODULE,
        "__host_response",
        |mut caller: Caller<'_, Guest>, at: u32| hand_over(&mut caller, at, Guest::host_response),
    )?;
    linker.func_wrap(MODULE, "__host_error_len", |caller: Caller<'_, Guest>| {
        length(caller.data().host_error())
    })?;
    linker.func_wrap(
        MODULE,
        "__host_error",
        |mut caller: Caller<'_, Guest>, at: u32| hand_over(&mut caller, at, Guest::host_error),
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

#[expect(
    clippy::too_many_arguments,
    reason = "four texts, each a pointer and a length, as waPC has it"
)]
fn host_call(
    mut caller: Caller<'_, Guest>,
    binding_at: u32,
    binding_length: u32,
    namespace_at: u32,
    namespace_length: u32,
    operation_at: u32,
    operation_length: u32,
    payload_at: u32,
    payload_length: u32,
) -> wasmtime::Result<u32> {
    let call = HostCall {
        binding: read_text(&caller, binding_at, binding_length)?,
        namespace: read_text(&caller, namespace_at, namespace_length)?,
        operation: read_text(&caller, operation_at, operation_length)?,
        payload: read(&caller, payload_at, payload_length)?,
    };
    Ok(u32::from(caller.data_mut().ask_host(&call)))
}

/// The length of a text, which a guest can address.
fn length(text: &[u8]) -> wasmtime::Result<u32> {
    Ok(u32::try_from(text.len())?)
}

/// Copies what the host said into the guest's memory.
fn hand_over(
    caller: &mut Caller<'_, Guest>,
    at: u32,
    text: fn(&Guest) -> &[u8],
) -> wasmtime::Result<()> {
    let (memory, guest) = split(caller)?;
    let text = text(guest);
    let at = usize::try_from(at)?;
    match memory.get_mut(at..at.saturating_add(text.len())) {
        Some(place) => place.copy_from_slice(text),
        None => wasmtime::bail!("the policy wants its host's answer outside its memory"),
    }
    Ok(())
}
