//! Who asked: what the API server knows of them, apart from what they said of themselves.

use super::event::{Event, Text, User};
use serde::Serialize;

/// Who asked.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Actor {
    /// The user that was authenticated.
    pub user: String,
    /// Their groups.
    pub groups: Vec<String>,
    /// As whom they acted, if not as themselves.
    pub impersonated: Option<Impersonated>,
    /// The service account that they are, if they are one.
    pub service_account: Option<ServiceAccount>,
    /// What identifies the credential they came with: the fingerprint of a certificate
    /// (`X509SHA256=…`), the id of a token (`JTI=…`) or the key of a cloud (`accessKeyId=…`,
    /// `serviceAccountKeyName=…`).
    pub credential: Option<String>,
    /// Who they are to the cloud that the cluster runs in: an ARN, an e-mail address.
    pub principal: Option<String>,
    /// The name of their session there, which whoever takes a role may choose.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub session: Option<String>,
    /// The address that the API server itself saw: of the client, or of the proxy before it.
    #[serde(rename = "sourceIP")]
    pub source_ip: Option<String>,
    /// Addresses that only the client told.
    #[serde(rename = "claimedIPs", skip_serializing_if = "Vec::is_empty")]
    pub claimed_ips: Vec<String>,
    /// What the client calls itself; anybody can call themselves so.
    pub claimed_user_agent: Option<String>,
    /// Why it was allowed or refused, in the authoriser's words, which name the binding.
    pub authorized_by: Option<String>,
}

/// Somebody who was acted as.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Impersonated {
    /// Their name.
    pub user: String,
    /// The groups that came with it.
    pub groups: Vec<String>,
}

/// A service account, and where its token was used.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct ServiceAccount {
    /// Its namespace.
    pub namespace: String,
    /// Its name.
    pub name: String,
    /// The pod that the token was made for.
    pub pod: Option<String>,
    /// The node of that pod.
    pub node: Option<String>,
}

/// Keys of a user's `extra`, in which clouds say who it is. AWS: aws-iam-authenticator; Google: as
/// the wrapper of its log has it; Azure: its guard, which gives the id of the object in Entra.
const PRINCIPALS: &[&str] = &["arn", "canonicalArn", "principal", "oid"];

/// Keys of a user's `extra` that name a credential of a cloud, to rotate.
const KEYS: &[&str] = &["accessKeyId", "serviceAccountKeyName"];

/// Controllers of Kubernetes that write what others asked for. Their accounts in `kube-system` are
/// theirs alone; any other account there is somebody's.
///
/// Source: Kubernetes `cmd/kube-controller-manager/names/controller_names.go` and
/// `plugin/pkg/auth/authorizer/rbac/bootstrappolicy/controller_policy.go`.
const CONTROLLERS: &[&str] = &[
    "clusterrole-aggregation-controller",
    "cronjob-controller",
    "daemon-set-controller",
    "deployment-controller",
    "job-controller",
    "replicaset-controller",
    "replication-controller",
    "statefulset-controller",
];

const SERVICE_ACCOUNT: &str = "system:serviceaccount:";

impl Actor {
    pub(crate) fn of(event: &Event<'_>) -> Self {
        let user = &event.user;
        let mut sources = owned(event.source_ips.as_ref());
        // "All but the last IP can be arbitrarily set by the client" (`audit/v1/types.go`)
        let source_ip = sources.pop();
        Self {
            user: user.username.clone().into_owned(),
            groups: owned(user.groups.as_ref()),
            impersonated: event.impersonated_user.as_ref().map(|user| Impersonated {
                user: user.username.clone().into_owned(),
                groups: owned(user.groups.as_ref()),
            }),
            service_account: service_account(user),
            credential: extra(user, "authentication.kubernetes.io/credential-id").or_else(|| {
                let mut keys = KEYS.iter();
                keys.find_map(|key| Some(format!("{key}={}", extra(user, key)?)))
            }),
            principal: PRINCIPALS.iter().find_map(|key| extra(user, key)),
            session: extra(user, "sessionName"),
            source_ip,
            claimed_ips: sources,
            claimed_user_agent: Some(event.user_agent.clone().into_owned())
                .filter(|agent| !agent.is_empty()),
            authorized_by: event
                .annotation("authorization.k8s.io/reason")
                .map(str::to_owned),
        }
    }

    /// The name of whom they acted as, if not as themselves.
    pub fn acted_as(&self) -> Option<&str> {
        Some(self.impersonated.as_ref()?.user.as_str())
    }

    /// The name of the controller of Kubernetes that this is, and nobody who acts as one.
    pub fn controller(&self) -> Option<&str> {
        let account = self.service_account.as_ref()?;
        let is_one = self.impersonated.is_none()
            && account.namespace == "kube-system"
            && CONTROLLERS.contains(&account.name.as_str());
        is_one.then_some(account.name.as_str())
    }

    /// As whom the policy is asked: as whom an admission review names. Only where that is a
    /// component of Kubernetes, whose word the policy takes, it is who really asked.
    pub(crate) fn judged_as(&self) -> (&str, &[String]) {
        match &self.impersonated {
            Some(other) if !other.user.starts_with("system:") => (&other.user, &other.groups),
            _ => (&self.user, &self.groups),
        }
    }
}

fn extra(user: &User<'_>, key: &str) -> Option<String> {
    let texts = user.extra.as_ref()?.get(key)?;
    texts
        .first()
        .map(String::from)
        .filter(|text| !text.is_empty())
}

fn owned(texts: Option<&Vec<Text<'_>>>) -> Vec<String> {
    texts.into_iter().flatten().map(String::from).collect()
}

fn service_account(user: &User<'_>) -> Option<ServiceAccount> {
    let (namespace, name) = user
        .username
        .strip_prefix(SERVICE_ACCOUNT)?
        .split_once(':')?;
    Some(ServiceAccount {
        namespace: namespace.to_owned(),
        name: name.to_owned(),
        pod: extra(user, "authentication.kubernetes.io/pod-name"),
        node: extra(user, "authentication.kubernetes.io/node-name"),
    })
}
