//! An audit event as Kubernetes writes it, as far as it is read.
//!
//! Source: Kubernetes `staging/src/k8s.io/apiserver/pkg/apis/audit/v1/types.go`.

use super::object::Object;
use super::pairs::Pairs;
use super::resource::About;
use crate::pointer::member;
use serde::Deserialize;
use serde_json::value::RawValue;
use std::borrow::Cow;
use std::ops::Deref;

/// What AKS writes in place of a body that is too large for it. Source: the Azure Monitor Logs
/// reference, table `AKSAudit`.
const DROPPED: &str = r#""skipped-too-big-size-object""#;

/// An event. Go leaves out what is empty, and a few tools write null instead. Each member has a
/// default: with one of the whole, to take the rest from, reading it would be twice the code.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Event<'a> {
    #[serde(default, borrow)]
    pub(crate) level: Cow<'a, str>,
    #[serde(default, borrow, rename = "auditID")]
    pub(crate) audit_id: Cow<'a, str>,
    #[serde(default, borrow)]
    pub(crate) stage: Cow<'a, str>,
    #[serde(default, borrow, rename = "requestURI")]
    pub(crate) request_uri: Cow<'a, str>,
    #[serde(default, borrow)]
    pub(crate) verb: Cow<'a, str>,
    #[serde(default, borrow)]
    pub(crate) user: User<'a>,
    #[serde(default, borrow)]
    pub(crate) impersonated_user: Option<User<'a>>,
    #[serde(default, borrow, rename = "sourceIPs")]
    pub(crate) source_ips: Option<Vec<Text<'a>>>,
    #[serde(default, borrow)]
    pub(crate) user_agent: Cow<'a, str>,
    #[serde(default, borrow)]
    pub(crate) object_ref: Option<ObjectRef<'a>>,
    #[serde(default, borrow)]
    pub(crate) response_status: Option<Status<'a>>,
    #[serde(default, borrow)]
    pub(crate) request_object: Option<&'a RawValue>,
    #[serde(default, borrow)]
    pub(crate) response_object: Option<&'a RawValue>,
    #[serde(default, borrow)]
    pub(crate) request_received_timestamp: Cow<'a, str>,
    #[serde(default, borrow)]
    pub(crate) stage_timestamp: Cow<'a, str>,
    #[serde(default, borrow)]
    pub(crate) annotations: Option<Pairs<'a, Text<'a>>>,
}

/// A text in a list or a map, borrowed where it holds no escapes.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(transparent)]
pub(crate) struct Text<'a>(#[serde(borrow)] Cow<'a, str>);

impl Deref for Text<'_> {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

impl From<&Text<'_>> for String {
    fn from(text: &Text<'_>) -> Self {
        text.0.as_ref().to_owned()
    }
}

/// Who asked.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct User<'a> {
    #[serde(default, borrow)]
    pub(crate) username: Cow<'a, str>,
    #[serde(default, borrow)]
    pub(crate) groups: Option<Vec<Text<'a>>>,
    #[serde(default, borrow)]
    pub(crate) extra: Option<Pairs<'a, Vec<Text<'a>>>>,
}

/// What was asked for.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ObjectRef<'a> {
    #[serde(default, borrow)]
    pub(crate) resource: Cow<'a, str>,
    #[serde(default, borrow)]
    pub(crate) namespace: Cow<'a, str>,
    #[serde(default, borrow)]
    pub(crate) name: Cow<'a, str>,
    #[serde(default, borrow)]
    pub(crate) api_group: Cow<'a, str>,
    #[serde(default, borrow)]
    pub(crate) api_version: Cow<'a, str>,
    #[serde(default, borrow)]
    pub(crate) subresource: Cow<'a, str>,
}

/// What the API server answered.
#[derive(Debug, Deserialize)]
pub(crate) struct Status<'a> {
    #[serde(default)]
    pub(crate) code: Option<u16>,
    #[serde(default, borrow)]
    pub(crate) message: Cow<'a, str>,
}

impl<'a> Event<'a> {
    /// The object or the patch that was sent, if the event has it.
    pub(crate) fn sent(&self) -> Option<&'a str> {
        let sent = self.request_object?.get();
        (sent != DROPPED).then_some(sent)
    }

    /// Whether a body was taken out because it was too large.
    pub(crate) fn is_truncated(&self) -> bool {
        let bodies = [self.request_object, self.response_object];
        let mut bodies = bodies.into_iter().flatten();
        bodies.any(|body| body.get() == DROPPED)
            || self.annotation("audit.k8s.io/truncated") == Some("true")
    }

    /// Whether what was sent or answered is there, and nothing was taken out.
    pub(crate) fn has_body(&self) -> bool {
        let has_one = self.request_object.is_some() || self.response_object.is_some();
        has_one && !self.is_truncated()
    }

    /// The object in the answer, if it is the one that was written: a client may ask for a `Table`
    /// or the metadata alone (header `Accept`), and a refusal is a `Status`.
    pub(crate) fn response(&self) -> Option<&'a str> {
        let response = self.response_object?.get();
        let kind = match response.strip_prefix("{\"kind\":\"") {
            // as the API server writes it
            Some(rest) => rest.split('"').next().unwrap_or_default().into(),
            None => Object::of(response).kind,
        };
        let is_written = match self.about().kind() {
            Some(known) => kind.is_empty() || kind == known,
            None => {
                kind != "Status"
                    && !kind.starts_with("Table")
                    && !kind.starts_with("PartialObjectMetadata")
            }
        };
        (response.starts_with('{') && is_written).then_some(response)
    }

    pub(crate) fn code(&self) -> Option<u16> {
        self.response_status.as_ref()?.code.filter(|code| *code > 0)
    }

    pub(crate) fn time(&self) -> &str {
        match &*self.request_received_timestamp {
            "" => &self.stage_timestamp,
            time => time,
        }
    }

    /// What the request is about.
    pub(crate) fn about(&self) -> About<'_> {
        let none = ObjectRef::EMPTY;
        let object = self.object_ref.as_ref().unwrap_or(none);
        About {
            verb: &self.verb,
            uri: &self.request_uri,
            group: &object.api_group,
            resource: &object.resource,
            subresource: &object.subresource,
        }
    }

    /// An annotation that is there and not empty.
    pub(crate) fn annotation(&self, key: &str) -> Option<&str> {
        let annotations = self.annotations.as_ref()?;
        let text: &str = annotations.get(key)?;
        (!text.is_empty()).then_some(text)
    }

    /// Whether the request asked that nothing be kept.
    ///
    /// Source: Kubernetes `staging/src/k8s.io/apimachinery/pkg/apis/meta/v1/types.go`, `DryRun`.
    pub(crate) fn is_dry_run(&self) -> bool {
        if matches!(&*self.verb, "delete" | "deletecollection")
            && let Some(options) = self.sent()
        {
            // these say it in place of the query
            let parts = member(options, "dryRun").map(serde_json::from_str::<Vec<String>>);
            return matches!(parts, Some(Ok(parts)) if !parts.is_empty());
        }
        self.query()
            .any(|(key, value)| key == "dryRun" && value == "All")
    }

    /// The parameters of the request.
    pub(crate) fn query(&self) -> form_urlencoded::Parse<'_> {
        let query = self
            .request_uri
            .split_once('?')
            .map_or("", |(_, query)| query);
        form_urlencoded::parse(query.as_bytes())
    }
}

impl ObjectRef<'static> {
    const EMPTY: &'static Self = &Self {
        resource: Cow::Borrowed(""),
        namespace: Cow::Borrowed(""),
        name: Cow::Borrowed(""),
        api_group: Cow::Borrowed(""),
        api_version: Cow::Borrowed(""),
        subresource: Cow::Borrowed(""),
    };
}
