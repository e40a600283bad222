//! What the policy asks of its cluster, where the settings allow it: the rules behind a binding,
//! the roles that another aggregates, the volume behind a claim.
//!
//! All questions are asked before anything is judged, and are few, whatever the object. What the
//! host does not answer is told by the rule that wanted to know it: it is never a silent pass.

use crate::json::{self, Json, Writer, field};
use crate::pod::Pod;
use crate::request::Request;
use crate::selector::Labels;
use crate::settings::Settings;
use crate::subject::Subject;
use crate::text::split_once;
use crate::view::{self, Text, object, raw, reads, text};

/// Answers a question about the cluster: the operation and the payload are those of Kubewarden's
/// host capability `kubernetes`, the error is for people.
pub type Cluster<'c> = &'c dyn Fn(&str, &[u8]) -> Result<Vec<u8>, String>;

/// The most claims of one object that are looked up.
const MOST: usize = 16;

/// What the cluster answered.
#[derive(Debug, Default)]
pub(crate) struct Context {
    /// The role that a binding names.
    pub role: Option<Answer>,
    /// The list of all cluster roles, for one that aggregates others.
    pub roles: Option<Answer>,
    /// The first claims of an object's pods, by name.
    pub claims: Vec<(String, Claimed)>,
}

/// An object of the cluster as JSON, or why there is none.
pub(crate) type Answer = Result<String, String>;

/// An object of the cluster, or a list of them, in parts.
#[derive(Default)]
pub(crate) struct Answered<'a> {
    pub metadata: Option<&'a str>,
    /// The rules of a role.
    pub rules: Option<&'a str>,
    items: Option<&'a str>,
}

reads!(Answered<'de> { "metadata" => metadata: raw, "rules" => rules: raw, "items" => items: raw });

impl<'a> Answered<'a> {
    /// The elements of a list; none where it is no list.
    pub fn items(list: &'a str) -> Option<Vec<&'a str>> {
        view::elements(view::from_str::<Self>(list).ok()?.items?)
    }
}

/// Metadata with all labels.
#[derive(Default)]
pub(crate) struct Labelled<'a> {
    pub name: Option<Text<'a>>,
    pub labels: Labels<'a>,
}

reads!(Labelled<'de> { "name" => name: text, "labels" => labels: Labels::read });

/// What is behind a claim.
#[derive(Debug)]
pub(crate) enum Claimed {
    /// A PersistentVolume, as JSON.
    Volume(String),
    /// Nothing yet.
    Unbound,
    /// The host did not say; the reason.
    Unknown(String),
    /// The host was not asked: the object has more than are looked up.
    OneOfTooMany,
}

impl Context {
    /// Asks all that is to be known of a request.
    pub fn gather(request: &Request<'_>, settings: &Settings, cluster: Cluster<'_>) -> Self {
        let mut context = Self::default();
        if !settings.cluster_context || !request.is_judged() {
            return context;
        }
        let namespace = request.namespace.as_ref().map(Text::as_str);
        match &request.object {
            Subject::Binding(binding) => {
                let name = binding.role.name.as_ref().map_or("", Text::as_str);
                let kind = binding.role.kind.as_ref().map_or("", Text::as_str);
                let namespace = namespace.filter(|_| kind == "Role");
                context.role = Some(get(cluster, RBAC, kind, name, namespace));
            }
            Subject::Role(role) => {
                let rule = role.aggregation.as_ref();
                let is_open = rule.is_some_and(|rule| !rule.has_cluster_admin());
                context.roles = is_open.then(|| cluster_roles(cluster));
            }
            Subject::Workload(workload) => {
                for claim in workload.pods.iter().flat_map(Pod::claims) {
                    if context.claims.len() == MOST {
                        break;
                    }
                    if context.claimed(claim).is_none() {
                        let claimed = claimed(cluster, claim, namespace);
                        context.claims.push((claim.to_owned(), claimed));
                    }
                }
            }
            _ => {}
        }
        context
    }

    /// What is behind a claim; none where that was not to be known.
    pub fn claimed(&self, claim: &str) -> Option<&Claimed> {
        let mut claims = self.claims.iter();
        match claims.find(|(known, _)| known == claim) {
            Some((_, claimed)) => Some(claimed),
            None => (self.claims.len() == MOST).then_some(&Claimed::OneOfTooMany),
        }
    }
}

const RBAC: &str = "rbac.authorization.k8s.io/v1";

/// What is behind a claim of a namespace.
fn claimed(cluster: Cluster<'_>, claim: &str, namespace: Option<&str>) -> Claimed {
    #[derive(Default)]
    struct Claim<'a> {
        spec: ClaimSpec<'a>,
    }

    reads!(Claim<'de> { "spec" => spec: object });

    #[derive(Default)]
    struct ClaimSpec<'a> {
        volume: Option<Text<'a>>,
    }

    reads!(ClaimSpec<'de> { "volumeName" => volume: text });

    let volume = get(cluster, "v1", "PersistentVolumeClaim", claim, namespace).and_then(|claim| {
        let claim: Claim<'_> = view::from_str(&claim).map_err(|_| UNREADABLE.to_owned())?;
        let volume = claim.spec.volume.map(|volume| volume.as_str().to_owned());
        let Some(volume) = volume.filter(|volume| !volume.is_empty()) else {
            return Ok(None);
        };
        get(cluster, "v1", "PersistentVolume", &volume, None).map(Some)
    });
    match volume {
        Ok(Some(volume)) => Claimed::Volume(volume),
        Ok(None) => Claimed::Unbound,
        Err(reason) => Claimed::Unknown(reason),
    }
}

pub(crate) const UNREADABLE: &str = "its answer cannot be read";

/// The payload of `get_resource`; the fields are those of Kubewarden's SDK.
struct GetResource<'q> {
    api_version: &'q str,
    kind: &'q str,
    name: &'q str,
    namespace: Option<&'q str>,
}

impl Json for GetResource<'_> {
    fn write(&self, json: &mut Writer) {
        json.object(&[
            field("api_version", &self.api_version),
            field("kind", &self.kind),
            field("name", &self.name),
            field("namespace", &self.namespace),
            // A role that was widened a second ago must not be judged by what it was.
            field("disable_cache", &true),
            field("field_masks", &NOTHING),
        ]);
    }
}

const NOTHING: Option<&str> = None;

fn get(
    cluster: Cluster<'_>,
    api_version: &str,
    kind: &str,
    name: &str,
    namespace: Option<&str>,
) -> Answer {
    let question = GetResource {
        api_version,
        kind,
        name,
        namespace,
    };
    let answer = ask(cluster, "get_resource", &question)?;
    // All objects of a cluster have metadata: what a host says that has nothing to say is none.
    match view::from_str::<Answered<'_>>(&answer) {
        Ok(object) if object.metadata.is_some() => Ok(answer),
        _ => Err(UNREADABLE.to_owned()),
    }
}

/// All cluster roles. A host keeps a watch for each list that it was ever asked for, so this is the
/// same for every request, and it is not the host that selects.
fn cluster_roles(cluster: Cluster<'_>) -> Answer {
    // A host that may not list waits until it may. One that may not get says so at once, and mostly
    // may do both or neither. What it cannot find it has looked for.
    let probe = get(cluster, RBAC, CLUSTER_ROLE, "cluster-admin", None);
    match probe {
        Err(reason) if split_once(&reason, "Cannot find").is_none() => Err(reason),
        _ => ask(cluster, "list_resources_all", &ClusterRoles),
    }
}

const CLUSTER_ROLE: &str = "ClusterRole";

/// The payload of `list_resources_all`, for all cluster roles with what is read of them.
struct ClusterRoles;

impl Json for ClusterRoles {
    fn write(&self, json: &mut Writer) {
        const READ: &[&str] = &["metadata", "rules"];

        json.object(&[
            field("api_version", &RBAC),
            field("kind", &CLUSTER_ROLE),
            field("label_selector", &NOTHING),
            field("field_selector", &NOTHING),
            field("field_masks", &READ),
        ]);
    }
}

fn ask(cluster: Cluster<'_>, operation: &str, question: &dyn Json) -> Answer {
    let answer = cluster(operation, json::text(question).as_bytes())?;
    String::from_utf8(answer).map_err(|_| UNREADABLE.to_owned())
}
