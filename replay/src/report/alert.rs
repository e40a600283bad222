//! What a person needs at once of an incident from an audit log: who, when, from where, by what
//! right, what followed, and what to do now.

use std::collections::BTreeSet;
use std::io::{self, Write};

use intake::audit::{Actor, Audit, Outcome, Root};

use super::acts::{Act, Acts, Aftermath, Times};
use super::counted;
use crate::terminal::{Terminal, escaped, shortened};

/// Lines of acts that are shown of one incident.
const SHOWN: usize = 12;

/// Characters that are shown of what the API server answered.
const WORDS: usize = 300;

/// Width of the labels.
const LABEL: usize = 9;

/// Writes who did it and what followed, above the findings.
pub(super) fn write_acts(
    acts: &Acts,
    after: Option<&Acts>,
    terminal: Terminal,
    out: &mut impl Write,
) -> io::Result<()> {
    let Some(lead) = acts.lead() else {
        return Ok(());
    };
    let mut lines = who(lead);
    let mut label = "what";
    let all = acts.in_order(after);
    for (act, times) in all.iter().take(SHOWN) {
        lines.push((std::mem::take(&mut label), deed(act, times)));
    }
    let more = all.len().saturating_sub(SHOWN);
    let more = acts.more + u64::try_from(more).unwrap_or(u64::MAX);
    if more > 0 {
        let text = format!(
            "and {} more, `--format json` lists them all",
            counted(more, "kind of act", "kinds of acts")
        );
        lines.push(("", text));
    }
    write_lines(&lines, terminal, out)
}

/// Writes who got into the pods of workloads that no incident has told of, or tried to.
pub(super) fn write_uses(
    aftermath: &Aftermath,
    told: &BTreeSet<&Root>,
    terminal: Terminal,
    out: &mut impl Write,
) -> io::Result<()> {
    let mut uses = Vec::new();
    for (root, acts) in aftermath.all().filter(|(root, _)| !told.contains(root)) {
        let acts = acts.in_order(None).into_iter();
        let into_pods = acts.filter(|(_, times)| times.first.used.is_some());
        uses.extend(into_pods.map(|(act, times)| (&times.first.time, root, deed(act, times))));
    }
    if uses.is_empty() && aftermath.more == 0 {
        return Ok(());
    }
    uses.sort();
    writeln!(out, "{}", terminal.bold("Access to pods"))?;
    for (_, root, deed) in uses {
        let mut text = match root.namespace.as_str() {
            "" => deed,
            namespace => format!("{deed}, in namespace {namespace}"),
        };
        if let Some(cluster) = &root.cluster {
            text.push_str(&format!(" of {cluster}"));
        }
        write!(out, "{}", terminal.labelled("  ", &text))?;
    }
    if aftermath.more > 0 {
        let more = counted(aftermath.more, "time", "times");
        writeln!(out, "  and {more} more, `--format json` lists them all")?;
    }
    writeln!(out)
}

/// Writes what to do now, below the findings.
pub(super) fn write_now(
    root: &Root,
    acts: &Acts,
    after: Option<&Acts>,
    terminal: Terminal,
    out: &mut impl Write,
) -> io::Result<()> {
    let Some(lead) = acts.lead() else {
        return Ok(());
    };
    writeln!(out)?;
    let mut label = "now";
    for step in steps(root, lead, acts, after) {
        // on one line, to be copied
        let label = terminal.dim(&format!("  {:<LABEL$}", std::mem::take(&mut label)));
        writeln!(out, "{label}{}", escaped(&step))?;
    }
    Ok(())
}

fn write_lines(
    lines: &[(&str, String)],
    terminal: Terminal,
    out: &mut impl Write,
) -> io::Result<()> {
    for (label, text) in lines {
        let label = format!("  {label:<LABEL$}");
        write!(out, "{}", terminal.labelled(&label, text))?;
    }
    Ok(())
}

/// Who did it and by what right.
fn who(lead: &Audit) -> Vec<(&'static str, String)> {
    let Audit { actor, .. } = lead;
    let mut lines = Vec::new();
    if let Some(cluster) = &lead.cluster {
        lines.push(("cluster", cluster.to_string()));
    }
    if let Some(cause) = &lead.cause {
        let mut text = format!(
            "{}, who wrote {} at {}",
            acting(&cause.user, cause.impersonated.as_deref()),
            named(&cause.object),
            cause.time
        );
        text.push_str(&format!("; done by {}", actor.user));
        lines.push(("who", text));
    } else {
        lines.push(("who", person(actor)));
    }
    if !lead.time.is_empty() {
        lines.push(("when", lead.time.clone()));
    }
    if let Some(address) = &actor.source_ip {
        let mut text = address.clone();
        if !actor.claimed_ips.is_empty() {
            let claimed = actor.claimed_ips.join(", ");
            text.push_str(&format!(
                ", which passed it on for {claimed} by its own word"
            ));
        }
        if let Some(agent) = &actor.claimed_user_agent {
            text.push_str(&format!(", with {agent} by its own word"));
        }
        lines.push(("from", text));
    }
    if let Some(reason) = &actor.authorized_by {
        lines.push(("right", reason.clone()));
    }
    if let Some(tool) = &lead.claimed_delivery {
        lines.push(("source", format!("{tool}, as the object says of itself")));
    }
    lines
}

/// `alice as mallory (dev, system:authenticated), with X509SHA256=…`.
fn person(actor: &Actor) -> String {
    let mut text = acting(&actor.user, actor.acted_as());
    // of whom they acted as, those are what counted
    let groups = match &actor.impersonated {
        Some(other) => &other.groups,
        None => &actor.groups,
    };
    let groups: Vec<&str> = groups
        .iter()
        .map(String::as_str)
        .filter(|group| *group != "system:authenticated")
        .collect();
    if !groups.is_empty() {
        text.push_str(&format!(" ({})", groups.join(", ")));
    }
    let principal = actor.principal.as_ref();
    if let Some(principal) = principal.filter(|principal| **principal != actor.user) {
        text.push_str(&format!(", {principal}"));
    }
    let account = actor.service_account.as_ref();
    if let Some(pod) = account.and_then(|account| account.pod.as_ref()) {
        text.push_str(&format!(", from pod {pod}"));
    }
    if let Some(node) = account.and_then(|account| account.node.as_ref()) {
        text.push_str(&format!(" on node {node}"));
    }
    if let Some(credential) = &actor.credential {
        text.push_str(&format!(", with {credential}"));
    }
    text
}

/// `alice acting as mallory`.
pub(super) fn acting(user: &str, impersonated: Option<&str>) -> String {
    let user = match user {
        "" => "nobody known",
        user => user,
    };
    match impersonated {
        Some(other) => format!("{user} acting as {other}"),
        None => user.to_owned(),
    }
}

/// `2026-11-22T01:29:41Z  replicaset-controller created Pod web-abc (3 times, last …)`.
fn deed(act: &Act, times: &Times) -> String {
    let names: Vec<&str> = times.names.iter().map(String::as_str).collect();
    let mut object = act.kind.clone();
    if !names.is_empty() {
        object.push_str(&format!(" {}", names.join(", ")));
    }
    let by = match &act.subresource {
        Some(subresource) => format!(" by {subresource}"),
        None => String::new(),
    };
    let user = match times.first.actor.controller() {
        Some(controller) => controller.to_owned(),
        None => acting(&act.user, act.impersonated.as_deref()),
    };
    let time = to_the_second(&times.first.time);
    let mut text = match (act.outcome, &times.first.used) {
        (Outcome::Used, Some(used)) => {
            let mut text = format!("{time}  {user} got into {object}{by}");
            if let Some(container) = &used.container {
                text.push_str(&format!(", container {container}"));
            }
            if !used.command.is_empty() {
                text.push_str(&format!(": `{}`", used.command.join(" ")));
            }
            text
        }
        // a subresource is how it was done
        (Outcome::Created | Outcome::Modified | Outcome::Unchanged | Outcome::Deleted, _) => {
            format!("{time}  {user} {} {object}{by}", act.outcome)
        }
        (_, used) => {
            let into = used.as_ref().map_or("", |_| "to get into ");
            format!(
                "{time}  {user} tried {into}{object}{by}: {}",
                ended(&times.first)
            )
        }
    };
    if times.count > 1 {
        text.push_str(&format!(
            " ({}, last {})",
            counted(times.count, "time", "times"),
            to_the_second(&times.last)
        ));
    }
    text
}

/// `refused by admission: admission webhook "a.example.com" denied the request: …`.
pub(super) fn ended(audit: &Audit) -> String {
    let Audit {
        outcome, message, ..
    } = audit;
    let Some(message) = message else {
        return outcome.to_string();
    };
    // many break their lines
    let words: Vec<&str> = message.split_whitespace().collect();
    format!("{outcome}: {}", shortened(&words.join(" "), WORDS))
}

/// The time without its fraction.
pub(super) fn to_the_second(time: &str) -> String {
    match time.split_once('.') {
        Some((seconds, _)) => format!("{seconds}Z"),
        None => time.to_owned(),
    }
}

/// Commands to look closer and to contain, with the real names; what the names allow.
fn steps(root: &Root, lead: &Audit, acts: &Acts, after: Option<&Acts>) -> Vec<String> {
    if lead.actor.user == "system:apiserver" {
        return vec!["nothing: the API server writes this itself when it starts".to_owned()];
    }
    let mut steps = Vec::new();
    let outcome = acts.outcome();
    let is_kept = outcome.is_some_and(Outcome::may_be_kept);
    let written = acts.last(|act| act.outcome.may_be_kept());
    let deleted = after.and_then(|after| {
        after.last(|act| act.outcome == Outcome::Deleted && act.kind == root.kind)
    });
    let is_gone = deleted.is_some() && deleted > written;
    if is_kept && is_gone {
        steps.push("it was deleted since; see what it left behind".to_owned());
    } else if is_kept && let Some(object) = Object::of(root) {
        steps.push(object.kubectl("get", " --output yaml"));
        steps.extend(object.users());
        let is_new = outcome == Some(Outcome::Created);
        match lead.cause.as_ref().map(|cause| &cause.object) {
            // what is taken out of the role itself comes back
            Some(source) if source.kind == root.kind && source.kind == "ClusterRole" => {
                let source = Object::of(source).map(|source| source.kubectl("edit", ""));
                steps.extend(source.map(|edit| {
                    format!("{edit}   # its rules are taken over: remove them, or its label")
                }));
            }
            _ => steps.push(object.containment(is_new)),
        }
        if let Some(tool) = &lead.claimed_delivery {
            steps.push(format!("mend it in {tool}, or it will come back"));
        }
    }
    let who = lead
        .cause
        .as_ref()
        .map_or(&lead.actor.user, |cause| &cause.user);
    steps.extend(account(who, &lead.actor, lead.cause.is_some(), root));
    steps
}

/// How the name of a certificate starts.
const CERTIFICATE: &str = "X509SHA256=";

/// How to make a credential worthless, by how its name starts; the first that fits.
const ENDINGS: &[(&str, &str)] = &[
    (
        CERTIFICATE,
        "a certificate cannot be revoked: take the rights of its user away",
    ),
    (
        "JTI=",
        "a token ends with the pod or the service account it was made for",
    ),
    (
        "accessKeyId=AKIA",
        "make its access key inactive in IAM, or change its access entry",
    ),
    (
        "accessKeyId=",
        "revoke the sessions of its role in IAM, or change its access entry",
    ),
    (
        "serviceAccountKeyName=",
        "disable the key of its Google service account",
    ),
];

/// Whose members the API server allows everything, without asking RBAC.
const MASTERS: &str = "system:masters";

/// What there is to say of the certificate of one of them.
const UNBOUND: &str = "no rule binds a member of `system:masters`: what ends it is the end of its \
                       certificate, or another CA";

/// What else the one who did it may do, and how to stop them.
fn account(user: &str, actor: &Actor, is_caused: bool, root: &Root) -> Option<String> {
    let sound = |text: &str| is_word(text, "-_.:@/+");
    if user.is_empty() || !sound(user) {
        return None;
    }
    let namespace = match root.namespace.as_str() {
        "" => String::new(),
        namespace if sound(namespace) => format!(" --namespace {namespace}"),
        _ => return None,
    };
    let mut text = format!("kubectl auth can-i --list --as {user}");
    // what a group may do, who is in it may do
    let groups = actor.groups.iter().filter(|_| !is_caused);
    for group in groups.filter(|group| sound(group)) {
        text.push_str(&format!(" --as-group {group}"));
    }
    text.push_str(&namespace);
    let credential = actor.credential.as_deref().filter(|_| !is_caused);
    let known = ENDINGS
        .iter()
        .find(|(start, _)| credential.is_some_and(|credential| credential.starts_with(start)));
    if let Some((start, ending)) = known {
        let is_master = actor.groups.iter().any(|group| group == MASTERS);
        let ending = match *start {
            CERTIFICATE if is_master => UNBOUND,
            _ => ending,
        };
        text.push_str(&format!("   # {ending}"));
    }
    Some(text)
}

/// An object that a command can name.
struct Object<'a> {
    root: &'a Root,
    /// As kubectl is told.
    resource: String,
}

impl<'a> Object<'a> {
    /// None if one of the names has no place on a command line.
    fn of(root: &'a Root) -> Option<Self> {
        let Root {
            group,
            kind,
            namespace,
            name,
            cluster: _,
        } = root;
        let texts = [group, namespace];
        let is_sound = is_word(kind, "")
            && !kind.is_empty()
            && is_word(name, "-._:")
            && !name.is_empty()
            && texts.iter().all(|text| is_word(text, "-."));
        let is_built_in = !group.contains('.') || group.ends_with(".k8s.io");
        let kind = kind.to_lowercase();
        is_sound.then(|| Self {
            root,
            resource: if is_built_in {
                kind
            } else {
                format!("{kind}.{group}")
            },
        })
    }

    /// `kubectl get deployment web --namespace team-a` and what comes behind it.
    fn kubectl(&self, verb: &str, rest: &str) -> String {
        let namespace = match self.root.namespace.as_str() {
            "" => String::new(),
            namespace => format!(" --namespace {namespace}"),
        };
        let Self { root, resource } = self;
        format!("kubectl {verb} {resource} {}{namespace}{rest}", root.name)
    }

    /// How to see who has a role.
    fn users(&self) -> Option<String> {
        let name = &self.root.name;
        matches!(self.root.kind.as_str(), "ClusterRole" | "Role").then(|| {
            format!(
                "kubectl get clusterrolebindings,rolebindings --all-namespaces --output wide | grep -w {name}"
            )
        })
    }

    /// What to think of before an object is taken away.
    fn caution(&self) -> &'static str {
        match (self.root.kind.as_str(), self.root.namespace.as_str()) {
            ("ClusterRoleBinding" | "RoleBinding", _) => {
                "   # all its subjects lose what it gives: look at them first"
            }
            (_, "kube-system") => "   # what runs here may be what the nodes need: exempt it if so",
            _ => "",
        }
    }

    fn containment(&self, is_new: bool) -> String {
        match (self.root.kind.as_str(), is_new) {
            ("Deployment" | "DaemonSet" | "StatefulSet", false) => {
                self.kubectl("rollout undo", "   # after a look at `rollout history`")
            }
            ("Deployment" | "StatefulSet" | "ReplicaSet" | "ReplicationController", _) => {
                self.kubectl("scale", &format!(" --replicas 0{}", self.caution()))
            }
            ("CronJob", _) => self.kubectl("patch", " --patch '{\"spec\":{\"suspend\":true}}'"),
            (_, true) => self.kubectl("delete", self.caution()),
            // what was there before is still needed
            (_, false) => self.kubectl("edit", "   # take out what the findings name"),
        }
    }
}

/// Whether a text is letters, digits and these alone, and no option.
fn is_word(text: &str, others: &str) -> bool {
    let is_sound = |letter: char| letter.is_ascii_alphanumeric() || others.contains(letter);
    text.chars().all(is_sound) && !text.starts_with('-')
}

/// `Deployment team-a/web`.
fn named(root: &Root) -> String {
    match root.namespace.as_str() {
        "" => format!("{} {}", root.kind, root.name),
        namespace => format!("{} {namespace}/{}", root.kind, root.name),
    }
}
