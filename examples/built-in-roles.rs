//! Derives what `src/built_in/roles.txt` says of the roles that Kubernetes itself makes, from what
//! `kubectl get clusterroles -o json` prints of a cluster of that version:
//!
//! ```console
//! make built-in-roles SNAPSHOT=clusterroles.json
//! ```
//!
//! Roles of others in the snapshot do no harm: only those with the API server's label count, and
//! aggregated roles are put together anew from them alone. The snapshot is to be trusted.

#![expect(
    clippy::indexing_slicing,
    reason = "what a `Value` does not have is null"
)]

use std::collections::{BTreeMap, BTreeSet};
use std::error::Error;
use std::fmt::Write as _;
use std::process::ExitCode;
use std::{env, fs};

use serde_json::{Value, json};

const LABEL: &str = "kubernetes.io/bootstrapping";
const AGGREGATE: &str = "rbac.authorization.k8s.io/aggregate-to-";

#[cfg_attr(test, expect(dead_code, reason = "a test includes this file"))]
fn main() -> ExitCode {
    let Some(snapshot) = env::args().nth(1) else {
        eprintln!("usage: built-in-roles SNAPSHOT");
        return ExitCode::from(2);
    };
    match fs::read_to_string(snapshot)
        .map_err(Into::into)
        .and_then(|text| derive(&text))
    {
        Ok(roles) => {
            print!("{roles}");
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::from(2)
        }
    }
}

/// The text of `roles.txt` for a snapshot.
pub fn derive(snapshot: &str) -> Result<String, Box<dyn Error>> {
    let snapshot: Value = serde_json::from_str(snapshot)?;
    let items = snapshot["items"].as_array().ok_or("no list of roles")?;
    let is_built_in = |item: &&Value| {
        item["kind"] == "ClusterRole" && item["metadata"]["labels"].get(LABEL).is_some()
    };
    let roles: BTreeMap<&str, &Value> = items
        .iter()
        .filter(is_built_in)
        .filter_map(|item| Some((item["metadata"]["name"].as_str()?, item)))
        .collect();
    // What is written and bound most often comes first, since the text is read from its start.
    let mut ordered: Vec<(&str, &Value)> =
        roles.iter().map(|(name, role)| (*name, *role)).collect();
    let is_later = |name: &str| {
        let is_of_people = !name.starts_with("system:");
        (!is_of_people, !name.starts_with("system:aggregate-to-"))
    };
    ordered.sort_by_key(|(name, _)| (is_later(name), *name));
    let mut text = String::new();
    for (name, role) in &ordered {
        writeln!(text, "{name}")?;
        for parent in parents(role) {
            writeln!(text, " > {parent}")?;
        }
        if role
            .get("aggregationRule")
            .is_some_and(|rule| !rule.is_null())
        {
            for (source, other) in &roles {
                if parents(other).contains(name) {
                    writeln!(text, " = {source}")?;
                }
            }
        } else {
            for line in granting(role) {
                writeln!(text, " {line}")?;
            }
        }
    }
    Ok(text)
}

/// The roles that a role's rules are aggregated into.
fn parents(role: &Value) -> BTreeSet<&str> {
    let labels = role["metadata"]["labels"].as_object();
    labels
        .into_iter()
        .flatten()
        .filter(|(_, value)| *value == "true")
        .filter_map(|(label, _)| label.strip_prefix(AGGREGATE))
        .collect()
}

/// The entries of a role's rules that give an ability, a line for those of a rule that have the
/// same verbs.
fn granting(role: &Value) -> Vec<String> {
    // Under another name nothing is expected of it, so everything is told.
    let request = json!({
        "operation": "CREATE",
        "kind": {"group": "rbac.authorization.k8s.io", "version": "v1", "kind": "ClusterRole"},
        "userInfo": {"username": "anybody"},
        "object": {"metadata": {"name": "any"}, "rules": role["rules"]},
    });
    let payload = json!({"request": request, "settings": {}}).to_string();
    let answer: Value =
        serde_json::from_slice(&policy::inspect(payload.as_bytes())).unwrap_or_default();
    let findings = answer["findings"].as_array();
    let grants = findings
        .into_iter()
        .flatten()
        .filter_map(|finding| finding["grants"].as_array())
        .flatten();
    let mut verbs: BTreeMap<(usize, usize), BTreeSet<&str>> = BTreeMap::new();
    for grant in grants {
        let place = grant["path"].as_str().and_then(|path| {
            let mut parts = path.split('/').filter_map(|part| part.parse().ok());
            parts.next().zip(parts.next())
        });
        let (Some(place), Some(given)) = (place, grant["verbs"].as_array()) else {
            continue;
        };
        let given = given.iter().filter_map(Value::as_str);
        verbs.entry(place).or_default().extend(given);
    }
    let mut lines: BTreeMap<(usize, String), Vec<&str>> = BTreeMap::new();
    for ((rule, entry), verbs) in verbs {
        let verbs: Vec<&str> = verbs.into_iter().collect();
        let resource = role["rules"][rule]["resources"][entry].as_str();
        lines
            .entry((rule, verbs.join(",")))
            .or_default()
            .extend(resource);
    }
    let line = |((rule, verbs), resources): ((usize, String), Vec<&str>)| {
        let list = |key: &str| {
            let texts = role["rules"][rule][key].as_array().into_iter().flatten();
            let texts = texts.filter_map(Value::as_str);
            let written = texts.map(|text| if text.is_empty() { "-" } else { text });
            written.collect::<Vec<_>>().join(",")
        };
        let line = [
            &verbs,
            " ",
            &list("apiGroups"),
            " ",
            &resources.join(","),
            " ",
            &list("resourceNames"),
        ];
        line.concat().trim_end().to_owned()
    };
    lines.into_iter().map(line).collect()
}
