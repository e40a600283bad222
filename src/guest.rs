//! The waPC guest: the operations under their names, and the metadata that makes the file a
//! Kubewarden policy. Compiled for WASI alone; no other host knows waPC.

#[cfg(feature = "baselines")]
mod baselines;
mod memory;

use kubewarden_policy_sdk::wapc_guest;

/// `policy-metadata/metadata.yml` as JSON, where Kubewarden looks for it.
#[expect(
    unsafe_code,
    reason = "the host finds the metadata by the name of its section"
)]
#[used]
#[unsafe(link_section = "io.kubewarden.metadata")]
static METADATA: [u8; include_bytes!(concat!(env!("OUT_DIR"), "/metadata.json")).len()] =
    *include_bytes!(concat!(env!("OUT_DIR"), "/metadata.json"));

/// Called by the host once, before any operation.
#[expect(unsafe_code, reason = "waPC finds this function by its name")]
#[unsafe(no_mangle)]
pub extern "C" fn wapc_init() {
    wapc_guest::register_function("validate", |payload| {
        Ok(crate::validate_in(payload, &cluster))
    });
    wapc_guest::register_function("validate_settings", |payload| {
        Ok(crate::validate_settings(payload))
    });
    wapc_guest::register_function("protocol_version", |_| Ok(crate::protocol_version()));
    wapc_guest::register_function("inspect", |payload| {
        Ok(crate::inspect_in(payload, &cluster))
    });
    wapc_guest::register_function("catalog", |_| Ok(crate::catalog()));
    #[cfg(feature = "baselines")]
    baselines::register();
}

/// Asks the host what the cluster holds, by Kubewarden's host capability.
fn cluster(operation: &str, payload: &[u8]) -> Result<Vec<u8>, String> {
    wapc_guest::host_call("kubewarden", "kubernetes", operation, payload)
        .map_err(|error| error.to_string())
}
