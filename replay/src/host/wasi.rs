//! The five WASI calls that Rust's runtime pulls in, each answered with
//! nothing: no environment, no output, and random numbers that are the same
//! in every run, so that a replay is deterministic.
//!
//! Source: `wasi_snapshot_preview1.witx`.

use wasmtime::{Caller, Linker, bail};

use super::guest::{Guest, read, split, write};

const MODULE: &str = "wasi_snapshot_preview1";
const SUCCESS: u32 = 0;

/// Most parts that one `fd_write` may name; POSIX calls it `IOV_MAX`.
const PARTS: u32 = 1024;

pub(super) fn link(linker: &mut Linker<Guest>) -> wasmtime::Result<()> {
    linker.func_wrap(MODULE, "random_get", random_get)?;
    linker.func_wrap(MODULE, "environ_get", |_: u32, _: u32| SUCCESS)?;
    linker.func_wrap(
        MODULE,
        "environ_sizes_get",
        |mut caller: Caller<'_, Guest>, count_at: u32, size_at: u32| {
            write(&mut caller, count_at, &[0; 4])?;
            write(&mut caller, size_at, &[0; 4])?;
            wasmtime::Result::Ok(SUCCESS)
        },
    )?;
    linker.func_wrap(MODULE, "fd_write", fd_write)?;
    linker.func_wrap(MODULE, "proc_exit", |code: u32| -> wasmtime::Result<()> {
        bail!("the policy exits with code {code}")
    })?;
    Ok(())
}

/// `SplitMix64` from a fixed seed: good enough to seed hash maps.
fn random_get(mut caller: Caller<'_, Guest>, at: u32, length: u32) -> wasmtime::Result<u32> {
    let (memory, guest) = split(&mut caller)?;
    let at = usize::try_from(at)?;
    let Some(place) = memory.get_mut(at..at.saturating_add(usize::try_from(length)?)) else {
        bail!("the policy names bytes outside its memory");
    };
    for chunk in place.chunks_mut(8) {
        guest.random = guest.random.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut word = guest.random;
        word = (word ^ (word >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        word = (word ^ (word >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        word ^= word >> 31;
        for (byte, random) in chunk.iter_mut().zip(word.to_le_bytes()) {
            *byte = random;
        }
    }
    Ok(SUCCESS)
}

/// Says that everything was written, and drops it.
fn fd_write(
    mut caller: Caller<'_, Guest>,
    _descriptor: u32,
    parts_at: u32,
    parts: u32,
    written_at: u32,
) -> wasmtime::Result<u32> {
    if parts > PARTS {
        bail!("the policy writes more than {PARTS} parts at once");
    }
    // each part is a pointer and a length, four bytes each
    let table = read(&caller, parts_at, parts.saturating_mul(8))?;
    let written = table
        .chunks_exact(8)
        .filter_map(|part| part.last_chunk::<4>())
        .fold(0_u32, |sum, length| {
            sum.saturating_add(u32::from_le_bytes(*length))
        });
    write(&mut caller, written_at, &written.to_le_bytes())?;
    Ok(SUCCESS)
}
