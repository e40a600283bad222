//! The payload of `validate` and `inspect`: one pass over its bytes into a borrowed view.
//!
//! An object can only be read once its kind is known. The API server and the policy server both
//! name the kind first, so it is read in place. In any other order, and to find the place of a
//! fault, the objects are set aside as text and read in the end.

use crate::custom::{self, PodTemplate};
use crate::fault::Fault;
use crate::subject::{self, Shape, Subject};
use crate::view::{self, Fields, Reader, Stop, Text, View, flag, reads, text, texts};

/// What a payload holds.
#[derive(Debug)]
pub(crate) struct Payload<'a> {
    pub request: Request<'a>,
    /// The settings as they came; `None` stands for the defaults.
    pub settings: Option<&'a str>,
}

/// An admission request, as far as we read it.
#[derive(Debug)]
pub(crate) struct Request<'a> {
    /// A request that names no operation is judged as if it created its object.
    pub operation: Option<Operation>,
    pub kind: Kind<'a>,
    pub subresource: Option<Text<'a>>,
    pub namespace: Option<Text<'a>>,
    pub name: Option<Text<'a>>,
    pub user: User<'a>,
    pub dry_run: bool,
    pub object: Subject<'a>,
    pub old_object: Subject<'a>,
}

impl<'a> Request<'a> {
    /// Whether it can change what we judge. Removing an object harms nobody by what it holds, and
    /// CONNECT carries none. An object that is being deleted is updated, not deleted: it still
    /// acts, so its updates are judged.
    pub fn is_judged(&self) -> bool {
        let is_written = !matches!(self.operation, Some(Operation::Delete | Operation::Connect));
        is_written && subject::is_judged(self.subresource.as_ref().map(Text::as_str))
    }

    /// Reads the pods of objects whose kind is none of Kubernetes' own.
    pub fn read_custom(&mut self, templates: &[PodTemplate]) {
        let group = self.kind.group.as_ref().map_or("", Text::as_str);
        let kind = self.kind.kind.as_ref().map_or("", Text::as_str);
        let mut is_custom = false;
        for subject in [&mut self.object, &mut self.old_object] {
            if let Subject::Custom(object) = subject {
                is_custom = true;
                *subject = custom::read(group, kind, object, templates);
            }
        }
        if is_custom {
            custom::number(&mut self.object, &mut self.old_object);
        }
    }
}

/// What a request does to its object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Operation {
    Create,
    Update,
    Delete,
    Connect,
}

impl Operation {
    const ALL: [Self; 4] = [Self::Create, Self::Update, Self::Delete, Self::Connect];

    /// The spelling of `admission.k8s.io/v1`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Create => "CREATE",
            Self::Update => "UPDATE",
            Self::Delete => "DELETE",
            Self::Connect => "CONNECT",
        }
    }
}

/// The `GroupVersionKind` of an object.
#[derive(Clone, Debug, Default)]
pub(crate) struct Kind<'a> {
    pub group: Option<Text<'a>>,
    pub version: Option<Text<'a>>,
    pub kind: Option<Text<'a>>,
}

reads!(Kind<'de> {
    "group" => group: text,
    "version" => version: text,
    "kind" => kind: text,
});

/// Who sent a request; nobody in a background audit.
#[derive(Debug, Default)]
pub(crate) struct User<'a> {
    pub name: Option<Text<'a>>,
    pub groups: Vec<Text<'a>>,
}

reads!(User<'de> {
    "username" => name: text,
    "groups" => groups: texts,
});

/// Reads a payload.
///
/// An object that cannot be read is a [`Subject::Unreadable`]. The error is for a payload that is
/// no request; its pointer starts at the root of the payload.
pub(crate) fn read(payload: &[u8]) -> Result<Payload<'_>, Fault> {
    // Checked once for all that is read, which is faster than string by string.
    let text = std::str::from_utf8(payload).map_err(|error| Fault {
        pointer: String::new(),
        reason: format!(
            "not UTF-8: byte {} starts no character",
            error.valid_up_to()
        ),
    })?;
    let mut envelope = Envelope::new(Objects::InPlace);
    if envelope.read_from(text).is_err() {
        envelope = Envelope::new(Objects::SetAside);
        envelope.read_from(text).map_err(no_request)?;
    }
    let Envelope { request, settings } = envelope;
    Ok(Payload {
        request: request.finish()?,
        settings,
    })
}

/// What cannot be read of a request. An object names its kind by a string, and is told as one.
fn no_request(fault: Fault) -> Fault {
    const NAMED: &str = "a string, expected an object";

    if (fault.pointer.as_str(), fault.reason.as_str()) != ("/request/kind", NAMED) {
        return fault;
    }
    Fault {
        pointer: "/request".to_owned(),
        reason: "a Kubernetes object, expected an admission request, such as an AdmissionReview \
                 has below `request`"
            .to_owned(),
    }
}

/// The root of a payload.
struct Envelope<'a> {
    request: Draft<'a>,
    settings: Option<&'a str>,
}

impl<'a> Envelope<'a> {
    fn new(objects: Objects) -> Self {
        Self {
            request: Draft::new(objects),
            settings: None,
        }
    }

    fn read_from(&mut self, text: &'a str) -> Result<(), Fault> {
        view::read_str(text, &mut |value| value.object(self).map(drop))
    }
}

impl<'de> View<'de> for Envelope<'de> {
    fn fields(&self) -> &'static Fields {
        const { &Fields::of(&["request", "settings"]) }
    }

    fn read(&mut self, field: usize, value: &mut Reader<'de>) -> Result<(), Stop> {
        match field {
            0 => drop(value.object(&mut self.request)?),
            _ => self.settings = value.raw()?,
        }
        Ok(())
    }
}

/// How the objects of a request are read.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Objects {
    /// Where they stand, if their kind is known by then.
    InPlace,
    /// As text, for later.
    SetAside,
}

/// An object of a request, read or yet to be read.
enum Read<'a> {
    Subject(Subject<'a>),
    Text(Option<&'a str>),
}

/// A request in the reading.
struct Draft<'a> {
    objects: Objects,
    operation: Option<Text<'a>>,
    kind: Kind<'a>,
    subresource: Option<Text<'a>>,
    namespace: Option<Text<'a>>,
    name: Option<Text<'a>>,
    user: User<'a>,
    dry_run: bool,
    object: Read<'a>,
    old_object: Read<'a>,
}

impl<'a> Draft<'a> {
    fn new(objects: Objects) -> Self {
        Self {
            objects,
            operation: None,
            kind: Kind::default(),
            subresource: None,
            namespace: None,
            name: None,
            user: User::default(),
            dry_run: false,
            object: Read::Text(None),
            old_object: Read::Text(None),
        }
    }

    fn shape(&self) -> Option<Shape> {
        let kind = self.kind.kind.as_ref()?;
        let group = self.kind.group.as_ref().map_or("", Text::as_str);
        Some(subject::shape(group, kind.as_str()))
    }

    fn read_object(&self, value: &mut Reader<'a>) -> Result<Read<'a>, Stop> {
        match (self.objects, self.shape()) {
            (Objects::InPlace, Some(shape)) => shape.read(value).map(Read::Subject),
            _ => value.raw().map(Read::Text),
        }
    }

    fn finish(self) -> Result<Request<'a>, Fault> {
        let fault = |pointer: &str, reason: &str| Fault {
            pointer: pointer.to_owned(),
            reason: reason.to_owned(),
        };
        let Some(shape) = self.shape() else {
            return Err(fault("", "no request that names the kind of its object"));
        };
        // A manifest may name a namespace where the API server has none.
        let is_of_cluster = subject::is_of_cluster(shape, self.kind.kind.as_ref());
        let operation = match &self.operation {
            None => None,
            Some(text) => {
                let known = Operation::ALL
                    .into_iter()
                    .find(|known| known.as_str() == text.as_str());
                Some(known.ok_or_else(|| {
                    let reason =
                        "another string, expected `CREATE`, `UPDATE`, `DELETE` or `CONNECT`";
                    fault("/request/operation", reason)
                })?)
            }
        };
        let subject = |read| match read {
            Read::Subject(subject) => subject,
            Read::Text(Some(text)) => subject::read(shape, text),
            Read::Text(None) => Subject::Nothing,
        };
        let object = match subject(self.object) {
            Subject::Nothing
                if shape != Shape::Unknown
                    && !matches!(operation, Some(Operation::Delete | Operation::Connect)) =>
            {
                Subject::Unreadable(fault("", "the request holds no object"))
            }
            subject => subject,
        };
        // The old object matters to an update alone, to tell what is new.
        let old_object = match operation {
            Some(Operation::Update) => subject(self.old_object),
            _ => Subject::Nothing,
        };
        Ok(Request {
            operation,
            subresource: self.subresource.filter(|name| !name.as_str().is_empty()),
            namespace: self.namespace.filter(|_| !is_of_cluster),
            name: self.name,
            user: self.user,
            dry_run: self.dry_run,
            object,
            old_object,
            kind: self.kind,
        })
    }
}

impl<'de> View<'de> for Draft<'de> {
    fn fields(&self) -> &'static Fields {
        const {
            &Fields::of(&[
                "kind",
                "object",
                "oldObject",
                "operation",
                "subResource",
                "namespace",
                "name",
                "userInfo",
                "dryRun",
            ])
        }
    }

    fn read(&mut self, field: usize, value: &mut Reader<'de>) -> Result<(), Stop> {
        match field {
            0 => drop(value.object(&mut self.kind)?),
            1 => self.object = self.read_object(value)?,
            // What has only an old object is removed by the request, and not judged.
            2 if matches!(self.object, Read::Subject(Subject::Nothing)) => {
                self.old_object = value.raw().map(Read::Text)?;
            }
            2 => self.old_object = self.read_object(value)?,
            3 => self.operation = value.text()?,
            4 => self.subresource = value.text()?,
            5 => self.namespace = value.text()?,
            6 => self.name = value.text()?,
            7 => drop(value.object(&mut self.user)?),
            _ => flag(&mut self.dry_run, value)?,
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn privileged(text: &str) -> bool {
        let payload = read(text.as_bytes()).unwrap();
        match payload.request.object {
            Subject::Workload(workload) => workload.pods[0].spec.host_pid,
            _ => panic!("no pod"),
        }
    }

    #[test]
    fn the_order_of_keys_does_not_matter() {
        assert!(privileged(
            r#"{"request":{"kind":{"kind":"Pod"},"object":{"spec":{"hostPID":true}}}}"#
        ));
        assert!(privileged(
            r#"{"settings":{},"request":{"object":{"spec":{"hostPID":true}},"kind":{"kind":"Pod"}}}"#
        ));
    }

    #[test]
    fn an_old_object_matters_to_an_update_alone() {
        let old = |operation: &str, object: &str| {
            let old = r#"{"spec":{"hostPID":true}}"#;
            let request = format!(
                r#""kind":{{"kind":"Pod"}},"object":{object},"oldObject":{old},"operation":"{operation}""#
            );
            let payload = format!(r#"{{"request":{{{request}}}}}"#);
            matches!(
                read(payload.as_bytes()).unwrap().request.old_object,
                Subject::Workload(_)
            )
        };
        assert!(old("UPDATE", "{}"));
        assert!(old("UPDATE", "null"));
        assert!(!old("DELETE", "null"));
        assert!(!old("CREATE", "{}"));
    }

    #[test]
    fn reads_what_the_policy_server_leaves_out_as_absent() {
        let payload = read(br#"{"request":{"kind":{"kind":"Pod","group":null},"dryRun":null,"userInfo":{},"object":null}}"#).unwrap();
        assert!(payload.request.operation.is_none());
        assert!(matches!(payload.request.object, Subject::Unreadable(_)));
    }

    #[test]
    fn an_object_that_cannot_be_read_costs_only_itself() {
        let payload = read(br#"{"request":{"kind":{"kind":"Pod"},"object":{"spec":{"hostPID":"x"}},"oldObject":{"spec":{}},"operation":"UPDATE"}}"#).unwrap();
        let Subject::Unreadable(fault) = payload.request.object else {
            panic!("was read")
        };
        assert_eq!(fault.pointer, "/spec/hostPID");
        assert!(matches!(payload.request.old_object, Subject::Workload(_)));
        assert_eq!(payload.request.operation, Some(Operation::Update));
    }

    #[test]
    fn what_is_no_request_is_a_fault_with_its_place() {
        for (payload, pointer, reason) in [
            (
                "",
                "",
                "not valid JSON: it ends too early, at line 1 column 1",
            ),
            ("null", "", "no request that names the kind of its object"),
            ("[]", "", "an array, expected an object"),
            ("{}", "", "no request that names the kind of its object"),
            (
                r#"{"request":7}"#,
                "/request",
                "a number, expected an object",
            ),
            (
                r#"{"request":{"apiVersion":"v1","kind":"Pod"}}"#,
                "/request",
                "a Kubernetes object, expected an admission request, such as an AdmissionReview \
                 has below `request`",
            ),
            (
                r#"{"request":{"kind":7}}"#,
                "/request/kind",
                "a number, expected an object",
            ),
            (
                r#"{"request":{"kind":{"kind":"Pod"},"operation":"PATCH"}}"#,
                "/request/operation",
                "another string, expected `CREATE`, `UPDATE`, `DELETE` or `CONNECT`",
            ),
            (
                r#"{"request":{"kind":{"kind":"Pod"},"operation":7}}"#,
                "/request/operation",
                "a number, expected a string",
            ),
            (
                r#"{"request":{"kind":{"kind":"Pod"},"object":{},"object":{}}}"#,
                "/request/object",
                "the key stands twice, and only one of its values could be judged",
            ),
            (
                r#"{"request":{}} x"#,
                "",
                "not valid JSON: text after its end, at line 1 column 16",
            ),
        ] {
            let fault = read(payload.as_bytes()).unwrap_err();
            assert_eq!(
                (fault.pointer.as_str(), fault.reason.as_str()),
                (pointer, reason),
                "{payload}"
            );
        }
    }
}
