//! Policies from OCI registries, named by `oci://` or `registry://` references.
//!
//! It asks the registry that is named for one manifest and one module, and holds both against their
//! digests. It knows nothing of what the module does. Built without the feature `registry` the
//! command still knows such a reference, and says that it cannot follow it.

#[cfg(not(feature = "registry"))]
mod absent;
#[cfg(feature = "registry")]
mod client;
#[cfg(feature = "registry")]
mod credentials;
#[cfg(feature = "registry")]
mod error;
#[cfg(feature = "registry")]
mod reference;

use std::path::Path;

#[cfg(not(feature = "registry"))]
pub(crate) use absent::{PullError, pull};
#[cfg(feature = "registry")]
pub(crate) use {client::pull, error::PullError};

/// The reference that a policy is named by, unless it is a file.
pub(crate) fn reference(policy: &Path) -> Option<&str> {
    let text = policy.to_str()?;
    ["oci://", "registry://"]
        .into_iter()
        .find_map(|scheme| text.strip_prefix(scheme))
}

/// The reference that somebody means who left its scheme out: behind a host, which has a dot or a
/// port, there is a name with a tag or a digest.
pub(crate) fn meant(policy: &Path) -> Option<String> {
    let text = policy.to_str()?;
    let (host, name) = text.split_once('/')?;
    let is_host = host.contains(['.', ':']) && !host.starts_with('.');
    (is_host && name.contains([':', '@'])).then(|| format!("oci://{text}"))
}
