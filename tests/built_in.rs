//! What is known of the roles that Kubernetes makes itself, against a cluster's own words: the
//! roles and bindings that an API server 1.36 had made, as `kubectl get -o json` prints them.

#![expect(
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "this is a test"
)]

#[path = "../examples/built-in-roles.rs"]
mod built_in_roles;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use serde_json::{Value, json};

const SNAPSHOT: &str = "tests/built-in/1.36.json";

const API_SERVER: &str = "system:apiserver";
const AGGREGATION: &str = "system:serviceaccount:kube-system:clusterrole-aggregation-controller";

fn objects(kind: &str) -> Vec<Value> {
    let snapshot: Value = serde_json::from_str(&fs::read_to_string(SNAPSHOT).unwrap()).unwrap();
    let items = snapshot["items"].as_array().unwrap();
    let of_kind = items.iter().filter(|item| item["kind"] == kind);
    of_kind.cloned().collect()
}

/// What is found in an object that somebody writes.
fn findings(object: &Value, user: &str) -> Vec<Value> {
    let groups = match user {
        API_SERVER => json!(["system:masters"]),
        _ => json!([]),
    };
    let request = json!({
        "operation": "CREATE",
        "kind": {"group": "rbac.authorization.k8s.io", "version": "v1", "kind": object["kind"]},
        "userInfo": {"username": user, "groups": groups},
        "object": object,
    });
    let payload = json!({"request": request}).to_string();
    let answer: Value = serde_json::from_slice(&policy::inspect(payload.as_bytes())).unwrap();
    answer["findings"].as_array().unwrap().clone()
}

#[test]
fn the_data_are_what_the_command_derives() {
    let derived = built_in_roles::derive(&fs::read_to_string(SNAPSHOT).unwrap()).unwrap();
    assert_eq!(
        derived,
        fs::read_to_string("src/built_in/roles.txt").unwrap()
    );
}

/// A fresh cluster says nothing: what the API server makes of its own is as expected.
#[test]
fn what_the_api_server_makes_is_silent() {
    for kind in ["ClusterRole", "ClusterRoleBinding"] {
        let objects = objects(kind);
        assert!(objects.len() >= 50, "{}", objects.len());
        for object in objects {
            for user in [API_SERVER, ""] {
                // Nobody's bindings are not the API server's.
                if user.is_empty() && kind == "ClusterRoleBinding" {
                    continue;
                }
                let found = findings(&object, user);
                assert!(
                    found.is_empty(),
                    "{}: {found:?}",
                    object["metadata"]["name"]
                );
            }
        }
    }
}

/// Actor, role and rules: two of the three excuse nothing.
#[test]
fn nothing_that_can_be_forged_is_enough() {
    let everything = json!([{"apiGroups": ["*"], "resources": ["*"], "verbs": ["*"]}]);
    let role = |name: &str, rules: &Value| {
        json!({"kind": "ClusterRole", "rules": rules, "metadata": {"name": name,
            "labels": {"kubernetes.io/bootstrapping": "rbac-defaults"}}})
    };
    for (object, user) in [
        (role("cluster-admin", &everything), "mallory"),
        (role("system:controller:mine", &everything), API_SERVER),
        (role("system:kube-dns", &everything), API_SERVER),
        (role("cluster-admin", &everything), AGGREGATION),
    ] {
        let found = findings(&object, user);
        assert_eq!(found.len(), 7, "{object} by {user}");
        // A cluster whose API server cannot write its own roles does not work.
        let action = if user == API_SERVER { "audit" } else { "warn" };
        assert!(
            found.iter().all(|finding| finding["action"] == action),
            "{found:?}"
        );
    }
    let beyond = findings(&role("system:kube-dns", &everything), API_SERVER);
    let message = beyond[0]["message"].as_str().unwrap();
    let said = "beyond what Kubernetes 1.36 gives this role: everything";
    assert!(message.ends_with(said), "{message}");
}

/// The group that makes the API server what it is.
#[test]
fn a_user_of_the_name_alone_is_not_the_api_server() {
    let role = &objects("ClusterRole")
        .into_iter()
        .find(|role| role["metadata"]["name"] == "system:node")
        .unwrap();
    let request = json!({
        "operation": "CREATE",
        "kind": {"group": "rbac.authorization.k8s.io", "version": "v1", "kind": "ClusterRole"},
        "userInfo": {"username": API_SERVER, "groups": ["system:authenticated"]},
        "object": role,
    });
    let payload = json!({"request": request}).to_string();
    let answer: Value = serde_json::from_slice(&policy::inspect(payload.as_bytes())).unwrap();
    assert!(!answer["findings"].as_array().unwrap().is_empty());
}

/// The abilities of a role, direct and indirect, with those of little weight.
fn abilities(role: &Value) -> [BTreeSet<u8>; 3] {
    const RULES: [&str; 7] = [
        "pod-create",
        "pod-modify",
        "pod-delete",
        "pod-scale",
        "pod-status",
        "pod-storage",
        "pod-exec",
    ];

    let mut abilities = [const { BTreeSet::new() }; 3];
    for finding in findings(role, "anybody") {
        let Some(index) = RULES.iter().position(|rule| finding["rule"] == *rule) else {
            continue;
        };
        let which = match (&finding["grant"], &finding["severity"]) {
            (grant, _) if grant == "direct" => 0,
            (_, severity) if severity == "low" => 2,
            _ => 1,
        };
        abilities[which].insert(u8::try_from(index).unwrap() + 1);
    }
    abilities
}

/// The table of the built-in roles, by hand: which of the seven abilities (A1 creates, A2 modifies,
/// A3 deletes, A4 scales, A5 writes status and metadata, A6 attaches storage, A7 executes) each
/// has on pods themselves, or only by way of something else.
#[test]
fn the_roles_give_what_the_table_says() {
    let set = |list: &[u8]| list.iter().copied().collect::<BTreeSet<u8>>();
    let direct: BTreeMap<&str, BTreeSet<u8>> = [
        ("cluster-admin", set(&[1, 2, 3, 4, 5, 6, 7])),
        ("system:aggregate-to-edit", set(&[1, 2, 3, 5, 6, 7])),
        ("system:kube-scheduler", set(&[2, 3, 5])),
        ("system:node", set(&[1, 3, 5, 6])),
        ("system:controller:cronjob-controller", set(&[3])),
        (
            "system:controller:daemon-set-controller",
            set(&[1, 2, 3, 5, 6]),
        ),
        ("system:controller:job-controller", set(&[1, 2, 3, 5, 6])),
        (
            "system:controller:replicaset-controller",
            set(&[1, 2, 3, 5, 6]),
        ),
        (
            "system:controller:replication-controller",
            set(&[1, 2, 3, 5, 6]),
        ),
        (
            "system:controller:statefulset-controller",
            set(&[1, 2, 3, 5, 6]),
        ),
        ("system:controller:deployment-controller", set(&[2, 5])),
        (
            "system:controller:generic-garbage-collector",
            set(&[2, 3, 4, 5, 6, 7]),
        ),
        ("system:controller:namespace-controller", set(&[3, 7])),
        ("system:controller:node-controller", set(&[3, 5])),
        (
            "system:controller:device-taint-eviction-controller",
            set(&[3, 5]),
        ),
        (
            "system:controller:persistent-volume-binder",
            set(&[1, 3, 6]),
        ),
        ("system:controller:pod-garbage-collector", set(&[3, 5])),
        ("system:controller:disruption-controller", set(&[5])),
        ("system:controller:resource-claim-controller", set(&[5])),
    ]
    .into();
    let indirect: BTreeMap<&str, BTreeSet<u8>> = [
        ("system:kubelet-api-admin", set(&[7])),
        ("system:persistent-volume-provisioner", set(&[6])),
        ("system:volume-scheduler", set(&[6])),
        ("system:controller:attachdetach-controller", set(&[6])),
        ("system:controller:ephemeral-volume-controller", set(&[6])),
        ("system:controller:expand-controller", set(&[6])),
        ("system:controller:pv-protection-controller", set(&[6])),
        ("system:controller:pvc-protection-controller", set(&[6])),
        ("system:controller:horizontal-pod-autoscaler", set(&[4])),
        ("system:controller:ttl-after-finished-controller", set(&[3])),
        ("system:controller:ttl-controller", set(&[3])),
        // By the rights of others: `serviceaccounts/token`, `escalate`.
        ("system:kube-controller-manager", set(&[1, 7])),
        (
            "system:controller:clusterrole-aggregation-controller",
            set(&[1, 7]),
        ),
    ]
    .into();
    let mut seen = 0;
    for role in objects("ClusterRole") {
        let name = role["metadata"]["name"].as_str().unwrap();
        let [on_pods, by_way, _] = abilities(&role);
        match (direct.get(name), indirect.get(name)) {
            (Some(expected), _) => assert_eq!(&on_pods, expected, "{name}"),
            (_, Some(expected)) => {
                assert_eq!((on_pods, &by_way), (BTreeSet::new(), expected), "{name}");
            }
            _ => assert_eq!((on_pods, by_way), Default::default(), "{name}"),
        }
        seen += usize::from(direct.contains_key(name) || indirect.contains_key(name));
    }
    assert_eq!(seen, direct.len() + indirect.len());
}
