//! Bulkhead's detectors: workloads that can reach their host, and cluster roles that can write
//! pods.
//!
//! Five operations, bytes in and bytes out, the same in every host:
//!
//! | operation | payload | answer |
//! |---|---|---|
//! | [`validate`] | `{"request": …, "settings": …}` | [`response::Response`] |
//! | [`inspect`] | the same | [`inspection::Inspection`] |
//! | [`validate_settings`] | the settings | `{"valid": bool, "message"?: string}` |
//! | [`protocol_version`] | nothing | `"v1"` |
//! | [`catalog`] | nothing | [`catalog::Catalog`] |
//!
//! The data flows in one straight line: payload → `request` → `subject` → `rules` → `decision` →
//! `response`. Nothing here fails, asks a host or remembers: what cannot be read is a finding, and
//! the answer is a function of the payload.

mod ability;
mod aggravation;
mod allow;
mod binding;
mod built_in;
mod capability;
pub mod catalog;
mod context;
mod cursor;
mod custom;
mod decision;
mod evidence;
mod exemption;
mod fault;
mod form;
#[cfg(target_os = "wasi")]
mod guest;
pub mod inspection;
mod json;
mod metadata;
mod near;
pub mod origin;
mod pod;
mod reader;
mod request;
pub mod response;
mod role;
pub mod rule;
pub mod rules;
mod selector;
mod settings;
mod storage;
mod subject;
mod text;
mod version;
mod view;

pub use context::Cluster;
pub use settings::Action;

use context::Context;
use decision::Decision;
use fault::Fault;
use inspection::Inspection;
use json::{Json, Writer, field, if_any};
use request::Request;
use response::Response;
use settings::Settings;

/// Decides about an admission request: Kubewarden's `validate`.
///
/// Whatever the payload is, the answer is a well-formed response; what cannot be read is refused.
pub fn validate(payload: &[u8]) -> Vec<u8> {
    validate_in(payload, NO_CLUSTER)
}

/// Decides as [`validate`] does, and tells every finding in full.
pub fn inspect(payload: &[u8]) -> Vec<u8> {
    inspect_in(payload, NO_CLUSTER)
}

/// Decides as [`validate`] does, in a cluster that can be asked. It is where the settings say so.
pub fn validate_in(payload: &[u8], cluster: Cluster<'_>) -> Vec<u8> {
    judge(payload, cluster, |_, decision| {
        json::text(&Response::new(decision)).into_bytes()
    })
}

/// Tells what [`inspect`] tells, in a cluster that can be asked.
pub fn inspect_in(payload: &[u8], cluster: Cluster<'_>) -> Vec<u8> {
    judge(payload, cluster, |request, decision| {
        json::text(&Inspection::new(request, decision)).into_bytes()
    })
}

const NO_CLUSTER: Cluster<'static> = &|_, _| Err("there is no cluster to ask".to_owned());

/// Says whether settings are valid, and if not, every mistake in them.
pub fn validate_settings(payload: &[u8]) -> Vec<u8> {
    struct Answer {
        message: Option<String>,
    }

    impl Json for Answer {
        fn write(&self, json: &mut Writer) {
            json.object(&[
                field("valid", &self.message.is_none()),
                if_any("message", &self.message),
            ]);
        }
    }

    let text = String::from_utf8_lossy(payload);
    let mut settings = None;
    let message = match view::read_str(&text, &mut |value| {
        settings = value.raw()?;
        Ok(())
    }) {
        Ok(()) => Settings::read(settings)
            .err()
            .map(|mistakes| mistakes.joined("\n")),
        Err(fault) => Some(["settings: ", &fault.reason].concat()),
    };
    json::text(&Answer { message }).into_bytes()
}

/// The version of Kubewarden's protocol that the policy speaks.
pub fn protocol_version() -> Vec<u8> {
    b"\"v1\"".to_vec()
}

/// Every rule with its help.
pub fn catalog() -> Vec<u8> {
    json::text(&catalog::Catalog::new()).into_bytes()
}

fn judge(
    payload: &[u8],
    cluster: Cluster<'_>,
    answer: impl FnOnce(Option<&Request<'_>>, &Decision<'_>) -> Vec<u8>,
) -> Vec<u8> {
    let mut payload = match request::read(payload) {
        Ok(payload) => payload,
        Err(fault) => return answer(None, &decision::refuse(fault)),
    };
    match Settings::read(payload.settings) {
        Ok(settings) => {
            payload.request.read_custom(&settings.pod_templates);
            let request = &payload.request;
            let context = Context::gather(request, &settings, cluster);
            let decision = decision::decide(request, &settings, &context);
            answer(Some(request), &decision)
        }
        Err(mistakes) => {
            let fault = Fault {
                pointer: String::new(),
                reason: mistakes.joined("; "),
            };
            answer(Some(&payload.request), &decision::refuse(fault))
        }
    }
}
