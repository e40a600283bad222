//! How JSON objects are read: once, borrowed, only the fields that a view names.
//!
//! Kubernetes' own decoder takes `null` for "absent" and, given a key twice, merges the two
//! values. So `null` reads as absent here too, and a key that stands twice is an error: one of
//! its values would go unseen.

use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;

use serde::de::{
    Deserialize, DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor,
};

/// The fields of a JSON object that we read; all others are skipped without being looked at.
pub(crate) trait View<'de> {
    /// The names of the fields that are read. At most 32.
    const FIELDS: &'static [&'static str];

    /// Reads the value of `Self::FIELDS[field]` from `map`.
    fn read<A: MapAccess<'de>>(&mut self, field: usize, map: &mut A) -> Result<(), A::Error>;
}

/// Reads a view that starts from something: what it already holds is kept.
pub(crate) struct Fill<V>(pub V);

impl<'de, V: View<'de>> DeserializeSeed<'de> for Fill<V> {
    type Value = V;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<V, D::Error> {
        deserializer.deserialize_option(self)
    }
}

impl<'de, V: View<'de>> Visitor<'de> for Fill<V> {
    type Value = V;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an object")
    }

    fn visit_none<E>(self) -> Result<V, E> {
        Ok(self.0)
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<V, D::Error> {
        deserializer.deserialize_map(self)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<V, A::Error> {
        let Self(mut view) = self;
        let mut seen = 0u32;
        while let Some(field) = map.next_key_seed(FieldOf(V::FIELDS))? {
            let Some((field, name)) = field else {
                map.next_value::<IgnoredAny>()?;
                continue;
            };
            if seen & (1 << field) != 0 {
                return Err(A::Error::duplicate_field(name));
            }
            seen |= 1 << field;
            view.read(field, &mut map)?;
        }
        Ok(view)
    }
}

/// A view read from nothing.
#[derive(Default)]
pub(crate) struct Object<V>(pub V);

impl<'de, V: View<'de> + Default> Deserialize<'de> for Object<V> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Fill(V::default()).deserialize(deserializer).map(Object)
    }
}

/// Reads the value of a field that holds a view.
pub(crate) fn object<'de, V, A>(map: &mut A) -> Result<V, A::Error>
where
    V: View<'de> + Default,
    A: MapAccess<'de>,
{
    Ok(map.next_value::<Object<V>>()?.0)
}

/// Reads the value of a field that holds an array of views. A `null` among them is an empty one,
/// as it is for Kubernetes.
pub(crate) fn objects<'de, V, A>(map: &mut A) -> Result<Vec<V>, A::Error>
where
    V: View<'de> + Default,
    A: MapAccess<'de>,
{
    Ok(map.next_value::<Objects<V>>()?.0)
}

/// Reads the value of a field that holds an array of strings.
pub(crate) fn texts<'de, A: MapAccess<'de>>(map: &mut A) -> Result<Vec<Text<'de>>, A::Error> {
    Ok(map.next_value::<Option<_>>()?.unwrap_or_default())
}

/// Reads the value of a field that is true or not; absent is not.
pub(crate) fn flag<'de, A: MapAccess<'de>>(map: &mut A) -> Result<bool, A::Error> {
    Ok(map.next_value::<Option<bool>>()?.unwrap_or_default())
}

struct Objects<V>(Vec<V>);

impl<'de, V: View<'de> + Default> Deserialize<'de> for Objects<V> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Elements<V>(PhantomData<V>);

        impl<'de, V: View<'de> + Default> Visitor<'de> for Elements<V> {
            type Value = Objects<V>;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("an array")
            }

            fn visit_none<E>(self) -> Result<Objects<V>, E> {
                Ok(Objects(Vec::new()))
            }

            fn visit_some<D: Deserializer<'de>>(
                self,
                deserializer: D,
            ) -> Result<Objects<V>, D::Error> {
                deserializer.deserialize_seq(self)
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut array: A) -> Result<Objects<V>, A::Error> {
                let mut objects = Vec::new();
                while let Some(Object(view)) = array.next_element()? {
                    objects.push(view);
                }
                Ok(Objects(objects))
            }
        }

        deserializer.deserialize_option(Elements(PhantomData))
    }
}

/// Which of the named fields a key is, with its name; `None` for any other key.
struct FieldOf(&'static [&'static str]);

impl<'de> DeserializeSeed<'de> for FieldOf {
    type Value = Option<(usize, &'static str)>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl Visitor<'_> for FieldOf {
    type Value = Option<(usize, &'static str)>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a key")
    }

    fn visit_str<E>(self, key: &str) -> Result<Self::Value, E> {
        Ok(self
            .0
            .iter()
            .copied()
            .enumerate()
            .find(|(_, name)| *name == key))
    }
}

/// A string, borrowed from the payload where it holds no escapes.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Text<'a>(Cow<'a, str>);

impl<'a> From<&'a str> for Text<'a> {
    fn from(text: &'a str) -> Self {
        Self(text.into())
    }
}

impl Text<'_> {
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl<'de> Deserialize<'de> for Text<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Borrowing;

        impl<'de> Visitor<'de> for Borrowing {
            type Value = Text<'de>;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("a string")
            }

            fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Text<'de>, E> {
                Ok(Text(Cow::Borrowed(text)))
            }

            fn visit_str<E>(self, text: &str) -> Result<Text<'de>, E> {
                Ok(Text(Cow::Owned(text.to_owned())))
            }
        }

        deserializer.deserialize_str(Borrowing)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, Default, PartialEq)]
    struct Door<'a> {
        name: Option<Text<'a>>,
        open: bool,
    }

    impl<'de> View<'de> for Door<'de> {
        const FIELDS: &'static [&'static str] = &["name", "open"];

        fn read<A: MapAccess<'de>>(&mut self, field: usize, map: &mut A) -> Result<(), A::Error> {
            match field {
                0 => self.name = map.next_value()?,
                _ => self.open = map.next_value::<Option<bool>>()?.unwrap_or_default(),
            }
            Ok(())
        }
    }

    fn door(json: &str) -> Result<Door<'_>, String> {
        serde_json::from_str::<Object<Door<'_>>>(json)
            .map(|object| object.0)
            .map_err(|error| error.to_string())
    }

    #[test]
    fn reads_what_it_names_and_skips_the_rest() {
        let read = door(r#"{"colour":{"deep":[1,{}]},"open":true,"name":"hall"}"#).unwrap();
        assert!(read.open);
        assert_eq!(read.name.unwrap().as_str(), "hall");
    }

    #[test]
    fn null_is_absent() {
        assert_eq!(door("null"), Ok(Door::default()));
        assert_eq!(door(r#"{"open":null,"name":null}"#), Ok(Door::default()));
    }

    #[test]
    fn keys_are_compared_after_decoding_their_escapes() {
        assert!(door(r#"{"op\u0065n":true}"#).unwrap().open);
    }

    #[test]
    fn refuses_a_key_that_stands_twice() {
        let error = door(r#"{"open":true,"open":null}"#).unwrap_err();
        assert!(error.starts_with("duplicate field `open`"), "{error}");
    }

    #[test]
    fn refuses_an_array_for_an_object() {
        let error = door(r#"["hall",true]"#).unwrap_err();
        assert!(error.contains("expected an object"), "{error}");
    }

    #[test]
    fn borrows_a_string_without_escapes() {
        let Text(plain) = serde_json::from_str("\"plain\"").unwrap();
        assert!(matches!(plain, Cow::Borrowed("plain")));
        let Text(escaped) = serde_json::from_str(r#""a\tb""#).unwrap();
        assert_eq!(escaped, "a\tb");
    }
}
