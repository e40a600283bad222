//! `bulkhead rbac --who-can-grant` by the real policy: from the rules of roles to chains.

use std::collections::BTreeMap;

use crate::common::{Folder, run};
use crate::rbac::{binding, list};
use serde_json::{Value, json};

const RBAC: &str = "rbac.authorization.k8s.io";
const CERTIFICATES: &str = "certificates.k8s.io";

/// A rule such as `create|patch clusterroles`, of the group, for these names.
fn rule(group: &str, what: &str, names: &[&str]) -> Value {
    let (verbs, resources) = what.split_once(' ').expect("verbs and resources");
    let parts = |parts: &str| parts.split('|').map(str::to_owned).collect::<Vec<_>>();
    json!({"apiGroups": [group], "resources": parts(resources), "verbs": parts(verbs),
        "resourceNames": names})
}

fn of_rbac(what: &str, names: &[&str]) -> Value {
    rule(RBAC, what, names)
}

fn any(group: &str, what: &str) -> Value {
    rule(group, what, &[])
}

fn role(kind: &str, namespace: Option<&str>, name: &str, rules: &[Value]) -> Value {
    json!({"apiVersion": "rbac.authorization.k8s.io/v1", "kind": kind,
        "metadata": {"name": name, "namespace": namespace}, "rules": rules})
}

/// Who holds rules, where, and what is expected of it: `act > who it acts as`, empty for nothing.
struct Held {
    /// How: by a cluster role bound everywhere, or by a role of the namespace, bound there.
    namespaced: bool,
    rules: Vec<Value>,
    expected: &'static str,
}

fn everywhere(expected: &'static str, rules: &[Value]) -> Held {
    Held {
        namespaced: false,
        rules: rules.to_vec(),
        expected,
    }
}

fn within(expected: &'static str, rules: &[Value]) -> Held {
    Held {
        namespaced: true,
        ..everywhere(expected, rules)
    }
}

/// What each user can do in a cluster, as `act > target`; who can do nothing is not there.
fn chains(objects: &[Value]) -> BTreeMap<String, String> {
    let folder = Folder::new();
    folder.write("cluster.json", list(objects));
    let arguments = "rbac --cluster cluster.json --who-can-grant --format json";
    let ran = run(&mut folder.bulkhead(arguments), b"");
    assert_eq!((ran.code, ran.stderr.as_str()), (0, ""), "{ran:?}");
    let lines = ran.json();
    let chains = lines.iter().map(|line| {
        let steps = line["steps"].as_array().expect("steps").iter();
        let words = steps.map(|step| step["act"].as_str().expect("an act").to_owned());
        let subject = line["subject"]["name"].as_str().expect("a name");
        (subject.to_owned(), words.collect::<Vec<_>>().join(" > "))
    });
    chains.collect()
}

/// A cluster with a namespace `ci` in which `deployer` may do everything, and a role that makes
/// pods; with roles and bindings of the cluster that grant pod write, or nothing.
fn cluster() -> Vec<Value> {
    let pods = [any("", "create pods")];
    vec![
        role("ClusterRole", None, "boss", &[any("*", "* *")]),
        binding(
            None,
            "boss",
            "ClusterRole/boss",
            &["ServiceAccount/ci/deployer"],
        ),
        role("ClusterRole", None, "lonely", &pods),
        role("ClusterRole", None, "harmless", &[any("", "get services")]),
        binding(None, "harmless", "ClusterRole/harmless", &[]),
        role("Role", Some("ci"), "maker", &pods),
        role("Role", Some("other"), "far", &pods),
    ]
}

/// All of these in one cluster: each by a user of its own.
fn assert_chains(cases: &[Held]) {
    let mut objects = cluster();
    for (index, held) in cases.iter().enumerate() {
        let (name, user) = (format!("x{index}"), format!("User/x{index}"));
        let (kind, namespace) = match held.namespaced {
            true => ("Role", Some("ci")),
            false => ("ClusterRole", None),
        };
        objects.extend([
            role(kind, namespace, &name, &held.rules),
            binding(namespace, &name, &format!("{kind}/{name}"), &[&user]),
        ]);
    }
    let chains = chains(&objects);
    for (index, held) in cases.iter().enumerate() {
        let found = chains.get(&format!("x{index}")).map_or("", String::as_str);
        assert_eq!(found, held.expected, "{index}: {:?}", held.rules);
    }
}

#[test]
fn a_cluster_role_is_written_by_whoever_may_escalate_it() {
    assert_chains(&[
        everywhere("escalate", &[of_rbac("create|escalate clusterroles", &[])]),
        everywhere("escalate", &[of_rbac("update|escalate clusterroles", &[])]),
        everywhere(
            "escalate",
            &[of_rbac("patch|escalate clusterroles", &["harmless"])],
        ),
        // created by PUT, or by server-side apply
        everywhere(
            "escalate",
            &[of_rbac("create|update|escalate clusterroles", &["q"])],
        ),
        everywhere(
            "escalate",
            &[
                of_rbac("create|patch clusterroles", &[]),
                of_rbac("escalate clusterroles", &["q"]),
            ],
        ),
        // what is sent to the collection has no name for which it might be escalated
        everywhere(
            "",
            &[
                of_rbac("create clusterroles", &[]),
                of_rbac("escalate clusterroles", &["q"]),
            ],
        ),
        everywhere(
            "escalate",
            &[
                of_rbac("create clusterroles", &[]),
                of_rbac("escalate clusterroles", &["", "q"]),
            ],
        ),
        everywhere("", &[of_rbac("create|escalate clusterroles", &["q"])]),
        // there is none of this name to change
        everywhere("", &[of_rbac("update|escalate clusterroles", &["q"])]),
        everywhere(
            "",
            &[
                of_rbac("update clusterroles", &["harmless"]),
                of_rbac("escalate clusterroles", &["boss"]),
            ],
        ),
        everywhere(
            "write-held",
            &[
                of_rbac("update clusterroles", &["harmless"]),
                any("", "create pods"),
            ],
        ),
    ]);
}

#[test]
fn a_role_is_bound_by_a_new_binding_or_one_that_has_it() {
    let bind = |role: &str| of_rbac("bind clusterroles", &[role]);
    assert_chains(&[
        everywhere(
            "bind",
            &[
                of_rbac("create clusterrolebindings", &[]),
                of_rbac("bind clusterroles", &[]),
            ],
        ),
        everywhere(
            "bind-named",
            &[of_rbac("create clusterrolebindings", &[]), bind("lonely")],
        ),
        everywhere(
            "",
            &[of_rbac("create clusterrolebindings", &[]), bind("harmless")],
        ),
        // created by server-side apply, or by PUT
        everywhere(
            "bind-named",
            &[
                of_rbac("create|patch clusterrolebindings", &["q"]),
                bind("boss"),
            ],
        ),
        everywhere(
            "bind-named",
            &[
                of_rbac("create|update clusterrolebindings", &["q"]),
                bind("boss"),
            ],
        ),
        everywhere(
            "",
            &[of_rbac("create clusterrolebindings", &["q"]), bind("boss")],
        ),
        // the name is taken, and the role of a binding cannot be changed
        everywhere(
            "",
            &[
                of_rbac("create|update clusterrolebindings", &["harmless"]),
                bind("boss"),
            ],
        ),
        everywhere(
            "bind-named",
            &[
                of_rbac("create|update|* clusterrolebindings", &["harmless"]),
                bind("boss"),
            ],
        ),
        everywhere(
            "bind-named",
            &[of_rbac("update clusterrolebindings", &[]), bind("boss")],
        ),
        everywhere(
            "",
            &[of_rbac("update clusterrolebindings", &[]), bind("lonely")],
        ),
        everywhere(
            "",
            &[
                of_rbac("update clusterrolebindings", &["harmless"]),
                bind("boss"),
            ],
        ),
        // it hands on what it holds, by the binding that gives it
        everywhere(
            "bind-held",
            &[
                of_rbac("update clusterrolebindings", &[]),
                any("", "create pods"),
            ],
        ),
    ]);
}

#[test]
fn pods_run_as_an_account_by_whatever_makes_them() {
    let made = "run-pod > escalate";
    assert_chains(&[
        within(made, &[any("", "create pods")]),
        within(made, &[any("argoproj.io", "create workflows")]),
        within(made, &[any("argoproj.io", "create rollouts")]),
        within(made, &[any("apps", "patch daemonsets")]),
        within(made, &[any("batch", "create jobs")]),
        within(made, &[any("batch", "update cronjobs")]),
        // the template of a Job stays, and so does the account of a pod
        within("", &[any("batch", "update jobs")]),
        within("", &[any("", "update pods")]),
        within("", &[any("apps", "update deployments/scale")]),
        within("", &[any("example.com", "create workflows")]),
    ]);
}

#[test]
fn kinds_of_the_settings_make_pods_too() {
    let folder = Folder::new();
    let mut objects = cluster();
    objects.extend([
        role(
            "Role",
            Some("ci"),
            "x",
            &[any("example.com", "create fleets")],
        ),
        binding(Some("ci"), "x", "Role/x", &["User/x"]),
    ]);
    folder.write("cluster.json", list(&objects)).write(
        "settings.yaml",
        "podMakers: [{group: example.com, resource: fleets}]",
    );
    let arguments = "rbac --cluster cluster.json --who-can-grant --format csv --subject User/x";
    let without = run(&mut folder.bulkhead(arguments), b"");
    assert_eq!(without.stdout.lines().count(), 1, "{without:?}");
    let with = format!("{arguments} --settings settings.yaml");
    let with = run(&mut folder.bulkhead(&with), b"");
    let row = "User/x,1,User/x,run-pod,ServiceAccount/ci/deployer,\"create fleets (/rules/0) of Role \
               ci/x, by RoleBinding ci/x\"";
    assert_eq!(with.stdout.lines().nth(1), Some(row), "{with:?}");
}

#[test]
fn a_namespace_is_enough_to_bind_a_role_that_makes_pods() {
    let made = "bind-and-run-pod > escalate";
    assert_chains(&[
        // the documentation's own example
        within(
            made,
            &[
                of_rbac("create rolebindings", &[]),
                of_rbac("bind clusterroles", &["admin", "lonely", "view"]),
            ],
        ),
        within(
            "",
            &[
                of_rbac("create rolebindings", &[]),
                of_rbac("bind clusterroles", &["harmless"]),
            ],
        ),
        within(
            made,
            &[
                of_rbac("create rolebindings", &[]),
                of_rbac("bind roles", &[]),
            ],
        ),
        within(
            made,
            &[
                of_rbac("create|update rolebindings", &["q"]),
                of_rbac("bind roles", &["maker"]),
            ],
        ),
        // of another namespace
        within(
            "",
            &[
                of_rbac("create rolebindings", &[]),
                of_rbac("bind roles", &["far"]),
            ],
        ),
        within(
            "",
            &[
                of_rbac("update rolebindings", &[]),
                of_rbac("bind roles", &["maker"]),
            ],
        ),
        everywhere(
            made,
            &[
                of_rbac("create rolebindings", &[]),
                of_rbac("bind roles", &["maker"]),
            ],
        ),
    ]);
}

/// Where there is no role that makes pods, one is written.
#[test]
fn a_role_is_written_and_bound_in_a_namespace() {
    for (verbs, names, expected) in [
        ("*", &[][..], Some("bind-and-run-pod > escalate")),
        (
            "create|escalate|bind",
            &[],
            Some("bind-and-run-pod > escalate"),
        ),
        ("create|bind", &[], None),
        ("create|escalate", &[], None),
        ("create|escalate|bind", &["q"], None),
    ] {
        let writer = [
            of_rbac("create rolebindings", &[]),
            of_rbac(&format!("{verbs} roles"), names),
        ];
        let objects = [
            role("ClusterRole", None, "boss", &[any("*", "* *")]),
            binding(
                None,
                "boss",
                "ClusterRole/boss",
                &["ServiceAccount/ci/deployer"],
            ),
            role("ClusterRole", None, "writer", &writer),
            binding(Some("ci"), "x", "ClusterRole/writer", &["User/x"]),
        ];
        let chains = chains(&objects);
        assert_eq!(chains.get("x").map(String::as_str), expected, "{verbs}");
    }
}

#[test]
fn a_role_of_a_namespace_is_rewritten_by_whoever_holds_it() {
    let made = "rewrite-and-run-pod > escalate";
    assert_chains(&[
        within(made, &[of_rbac("get|update|escalate roles", &[])]),
        within(
            made,
            &[
                of_rbac("patch roles", &["x1"]),
                of_rbac("escalate roles", &["x1", "x2"]),
            ],
        ),
        within("", &[of_rbac("update|escalate roles", &["maker"])]),
        within("", &[of_rbac("create|escalate roles", &[])]),
        within("", &[of_rbac("update roles", &[])]),
    ]);
}

#[test]
fn what_one_entry_gives_is_told_once() {
    let folder = Folder::new();
    let mut objects = cluster();
    let rules = [of_rbac("get|update|escalate roles", &[])];
    objects.extend([
        role("Role", Some("ci"), "x", &rules),
        binding(Some("ci"), "x", "Role/x", &["User/x"]),
    ]);
    folder.write("cluster.json", list(&objects));
    let arguments = "rbac --cluster cluster.json --who-can-grant --subject User/x";
    let ran = run(&mut folder.bulkhead(arguments), b"");
    let told = "       by  update|escalate roles (/rules/0) of Role ci/x, by RoleBinding ci/x\n";
    assert!(ran.stdout.contains(told), "{ran:?}");
}

#[test]
fn a_certificate_takes_three_rights_whoever_gave_them() {
    let ask = || any(CERTIFICATES, "create certificatesigningrequests");
    let approve = || any(CERTIFICATES, "update certificatesigningrequests/approval");
    let sign = |signers: &[&str]| rule(CERTIFICATES, "approve signers", signers);
    let client = "kubernetes.io/kube-apiserver-client";
    let made = "certificate > escalate";
    let mut objects = cluster();
    objects.push(binding(None, "root", "ClusterRole/boss", &["User/root"]));
    let mut expected = BTreeMap::new();
    for (index, (roles, act)) in [
        (vec![vec![ask(), approve(), sign(&[client])]], made),
        (vec![vec![ask()], vec![approve(), sign(&[client])]], made),
        (vec![vec![ask(), sign(&[])], vec![approve()]], made),
        (
            vec![vec![ask(), approve(), sign(&["kubernetes.io/*"])]],
            made,
        ),
        (vec![vec![any(CERTIFICATES, "* *")]], made),
        (
            vec![vec![
                ask(),
                approve(),
                sign(&["example.com/own", "kubernetes.io/kubelet-serving"]),
            ]],
            "",
        ),
        (vec![vec![approve(), sign(&[])]], ""),
        (vec![vec![ask(), approve()]], ""),
        (vec![vec![ask(), sign(&[])]], ""),
    ]
    .into_iter()
    .enumerate()
    {
        let user = format!("x{index}");
        for (place, rules) in roles.iter().enumerate() {
            let name = format!("{user}-{place}");
            let subject = format!("User/{user}");
            objects.extend([
                role("ClusterRole", None, &name, rules),
                binding(None, &name, &format!("ClusterRole/{name}"), &[&subject]),
            ]);
        }
        expected.extend((!act.is_empty()).then(|| (user, act.to_owned())));
    }
    let mut chains = chains(&objects);
    chains.retain(|user, _| user.starts_with('x'));
    assert_eq!(chains, expected);
}
