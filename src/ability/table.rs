//! What gives an ability: one table, by resource.

use super::Ability::{Create, Delete, Exec, Modify, Scale, Status, Storage};
use super::{Gain, Row, Target, Verbs};
use crate::rule::Severity::{High, Medium};
use crate::version::Version;

/// The verbs that change an object.
const WRITE: Verbs = Verbs::UPDATE.or(Verbs::PATCH);

/// From here on the API server asks for `create` when a client that speaks websocket sends GET
/// (feature gate AuthorizePodWebsocketUpgradeCreatePermission).
const V1_35: Version = Version::new(1, 35);

const fn row(resource: &'static str, verbs: Verbs, target: Target, gains: &'static [Gain]) -> Row {
    Row {
        group: "",
        resource,
        verbs,
        target,
        until: None,
        gains,
    }
}

/// The same, until a version.
const fn until(version: Version, row: Row) -> Row {
    Row {
        until: Some(version),
        ..row
    }
}

/// In the order of their resources, shorter ones first, so that one is found by bisection.
pub(super) static TABLE: &[Row] = &[
    row(
        "pods",
        Verbs::CREATE,
        Target::CollectionOrApply,
        &[(Create, High), (Storage, High)],
    ),
    row(
        "pods",
        WRITE,
        Target::Named,
        &[(Modify, High), (Status, Medium)],
    ),
    row("pods", Verbs::DELETE, Target::Named, &[(Delete, Medium)]),
    row(
        "pods",
        Verbs::DELETE_COLLECTION,
        Target::Collection,
        &[(Delete, Medium)],
    ),
    // Its name in the path names no pod, unlike that of `pods/binding`.
    row(
        "bindings",
        Verbs::CREATE,
        Target::Collection,
        &[(Modify, High), (Status, Medium)],
    ),
    row("pods/exec", Verbs::CREATE, Target::Named, &[(Exec, High)]),
    until(
        V1_35,
        row("pods/exec", Verbs::GET, Target::Named, &[(Exec, High)]),
    ),
    row("pods/attach", Verbs::CREATE, Target::Named, &[(Exec, High)]),
    until(
        V1_35,
        row("pods/attach", Verbs::GET, Target::Named, &[(Exec, High)]),
    ),
    row(
        "pods/resize",
        WRITE,
        Target::Named,
        &[(Modify, High), (Scale, Medium)],
    ),
    row("pods/status", WRITE, Target::Named, &[(Status, Medium)]),
    row(
        "pods/binding",
        Verbs::CREATE,
        Target::Named,
        &[(Modify, High), (Status, Medium)],
    ),
    row(
        "pods/eviction",
        Verbs::CREATE,
        Target::Named,
        &[(Delete, Medium)],
    ),
    row(
        "pods/ephemeralcontainers",
        WRITE,
        Target::Named,
        &[(Modify, High), (Storage, High), (Exec, High)],
    ),
];
