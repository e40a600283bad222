//! Reads the leaves of our views, Kubernetes types as `k8s-openapi` has them.
//!
//! Those types take the last of two equal keys, where Kubernetes merges them; see `view`. This
//! module puts a layer under them that refuses the second key, at any depth.

use std::fmt;

use serde::de::value::StrDeserializer;
use serde::de::{
    Deserialize, DeserializeSeed, Deserializer, Error, IntoDeserializer, MapAccess, SeqAccess,
    Visitor,
};
use serde::forward_to_deserialize_any;

use crate::view::Text;

/// Reads the value of a field that holds a Kubernetes type; `null` is absent.
pub(crate) fn leaf<'de, T, A>(map: &mut A) -> Result<Option<T>, A::Error>
where
    T: Deserialize<'de>,
    A: MapAccess<'de>,
{
    Ok(map.next_value::<Leaf<Option<T>>>()?.0)
}

struct Leaf<T>(T);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Leaf<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        T::deserialize(KeysOnce(deserializer)).map(Leaf)
    }
}

/// A deserializer, visitor, seed or access whose objects may name a key only once. It passes on
/// what the generated code of `k8s-openapi` asks for; what holds no object needs no layer.
struct KeysOnce<T>(T);

impl<'de, D: Deserializer<'de>> Deserializer<'de> for KeysOnce<D> {
    type Error = D::Error;

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, D::Error> {
        self.0.deserialize_map(KeysOnce(visitor))
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, D::Error> {
        self.0.deserialize_map(KeysOnce(visitor))
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, D::Error> {
        self.0.deserialize_seq(KeysOnce(visitor))
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, D::Error> {
        self.0.deserialize_option(KeysOnce(visitor))
    }

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, D::Error> {
        self.0.deserialize_bool(visitor)
    }

    fn deserialize_i64<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, D::Error> {
        self.0.deserialize_i64(visitor)
    }

    fn deserialize_string<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, D::Error> {
        self.0.deserialize_string(visitor)
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, D::Error> {
        self.0.deserialize_ignored_any(visitor)
    }

    // Asked for by no type that we read. A type that does ask, and holds objects in it, would
    // read them without the layer: `leaf_types_ask_for_nothing_else` finds it.
    fn deserialize_any<V: Visitor<'de>>(self, _: V) -> Result<V::Value, D::Error> {
        Err(D::Error::custom("is of a type that is not read here"))
    }

    forward_to_deserialize_any! {
        i8 i16 i32 i128 u8 u16 u32 u64 u128 f32 f64 char str bytes byte_buf unit unit_struct
        newtype_struct tuple tuple_struct enum identifier
    }
}

impl<'de, V: Visitor<'de>> Visitor<'de> for KeysOnce<V> {
    type Value = V::Value;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.expecting(formatter)
    }

    fn visit_none<E: Error>(self) -> Result<V::Value, E> {
        self.0.visit_none()
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<V::Value, D::Error> {
        self.0.visit_some(KeysOnce(deserializer))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, array: A) -> Result<V::Value, A::Error> {
        self.0.visit_seq(KeysOnce(array))
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<V::Value, A::Error> {
        self.0.visit_map(Map {
            map,
            seen: Vec::new(),
        })
    }
}

impl<'de, S: DeserializeSeed<'de>> DeserializeSeed<'de> for KeysOnce<S> {
    type Value = S::Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<S::Value, D::Error> {
        self.0.deserialize(KeysOnce(deserializer))
    }
}

impl<'de, A: SeqAccess<'de>> SeqAccess<'de> for KeysOnce<A> {
    type Error = A::Error;

    fn next_element_seed<S: DeserializeSeed<'de>>(
        &mut self,
        seed: S,
    ) -> Result<Option<S::Value>, A::Error> {
        self.0.next_element_seed(KeysOnce(seed))
    }
}

/// More than any type has that we read; the API server stores no others, so who sends them has
/// something else in mind. Keeps the search for a second key short.
const MOST_KEYS: usize = 64;

struct Map<'de, A> {
    map: A,
    seen: Vec<Text<'de>>,
}

impl<'de, A: MapAccess<'de>> MapAccess<'de> for Map<'de, A> {
    type Error = A::Error;

    fn next_key_seed<S: DeserializeSeed<'de>>(
        &mut self,
        seed: S,
    ) -> Result<Option<S::Value>, A::Error> {
        let Some(key) = self.map.next_key::<Text<'de>>()? else {
            return Ok(None);
        };
        if self.seen.contains(&key) {
            return Err(A::Error::custom("duplicate field"));
        }
        if self.seen.len() == MOST_KEYS {
            return Err(A::Error::custom("too many fields"));
        }
        let name: StrDeserializer<'_, A::Error> = key.as_str().into_deserializer();
        let value = seed.deserialize(name)?;
        self.seen.push(key);
        Ok(Some(value))
    }

    fn next_value_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<S::Value, A::Error> {
        self.map.next_value_seed(KeysOnce(seed))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use k8s_openapi::api::core::v1::{HostPathVolumeSource, SecurityContext};
    use k8s_openapi::api::rbac::v1::PolicyRule;

    fn read(json: &str) -> Result<Option<SecurityContext>, String> {
        serde_json::from_str::<Leaf<Option<SecurityContext>>>(json)
            .map(|leaf| leaf.0)
            .map_err(|error| error.to_string())
    }

    #[test]
    fn reads_what_the_type_reads_alone() {
        for json in [
            "null",
            "{}",
            r#"{"privileged":true,"unknown":{"a":[1,1],"b":null},"runAsUser":0}"#,
            r#"{"capabilities":{"add":["SYS_ADMIN"],"drop":null},"seLinuxOptions":{"type":"spc_t"}}"#,
        ] {
            assert_eq!(
                read(json),
                Ok(serde_json::from_str(json).unwrap()),
                "{json}"
            );
        }
    }

    // Kubernetes merges the two objects, so SYS_ADMIN would be added.
    #[test]
    fn refuses_a_second_key_at_any_depth() {
        for json in [
            r#"{"capabilities":{"add":["SYS_ADMIN"]},"capabilities":{}}"#,
            r#"{"capabilities":{"add":["SYS_ADMIN"],"add":[]}}"#,
        ] {
            let error = read(json).unwrap_err();
            assert!(error.starts_with("duplicate field"), "{json}: {error}");
        }
    }

    /// Every field of the types that are read, so that none asks for what is not passed on.
    #[test]
    fn leaf_types_ask_for_nothing_else() {
        let context = r#"{"allowPrivilegeEscalation":true,
            "appArmorProfile":{"type":"Localhost","localhostProfile":"p"},
            "capabilities":{"add":["A"],"drop":["B"]},"privileged":true,"procMount":"Default",
            "readOnlyRootFilesystem":true,"runAsGroup":1,"runAsNonRoot":true,"runAsUser":-1,
            "seLinuxOptions":{"level":"l","role":"r","type":"t","user":"u"},
            "seccompProfile":{"type":"Localhost","localhostProfile":"p"},
            "windowsOptions":{"gmsaCredentialSpec":"s","gmsaCredentialSpecName":"n",
            "hostProcess":true,"runAsUserName":"u"}}"#;
        let expected: SecurityContext = serde_json::from_str(context).unwrap();
        let fields = serde_json::to_value(&expected).unwrap();
        assert_eq!(
            fields.as_object().unwrap().len(),
            12,
            "k8s-openapi has other fields now"
        );
        assert_eq!(read(context), Ok(Some(expected)));

        let rules = r#"[{"apiGroups":["a"],"nonResourceURLs":["b"],"resourceNames":["c"],
            "resources":["d"],"verbs":["e"]}]"#;
        let read: Leaf<Vec<PolicyRule>> = serde_json::from_str(rules).unwrap();
        assert_eq!(
            read.0,
            serde_json::from_str::<Vec<PolicyRule>>(rules).unwrap()
        );

        let path = r#"{"path":"/","type":"Directory"}"#;
        let read: Leaf<HostPathVolumeSource> = serde_json::from_str(path).unwrap();
        assert_eq!(read.0, serde_json::from_str(path).unwrap());
    }

    #[test]
    fn refuses_more_fields_than_any_type_has() {
        let fields = |count: usize| {
            let fields: Vec<String> = (0..count).map(|index| format!(r#""f{index}":1"#)).collect();
            format!("{{{}}}", fields.join(","))
        };
        assert!(read(&fields(MOST_KEYS)).is_ok());
        assert!(read(&fields(MOST_KEYS + 1)).is_err());
    }

    #[test]
    fn a_deep_value_that_is_not_read_does_no_harm() {
        let deep = format!(
            r#"{{"unknown":{}{}}}"#,
            "[".repeat(10_000),
            "]".repeat(10_000)
        );
        assert_eq!(read(&deep), Ok(Some(SecurityContext::default())));
    }
}
