//! How JSON objects are read: once, borrowed, only the fields that a view names.
//!
//! Kubernetes' own decoder takes `null` for "absent" and, given a key twice, merges the two
//! values. So `null` reads as absent here too, and a key that stands twice is an error: one of
//! its values would go unseen.
//!
//! Views are read through trait objects: were they generic over the deserializer, as serde's own
//! types are, each would bring its own copy of all that is below into the module.

use std::borrow::Cow;
use std::fmt;

use serde::de::{
    Deserialize, DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor,
};
use serde_json::value::RawValue;

/// The fields of a JSON object that we read; all others are skipped without being looked at.
pub(crate) trait View<'de> {
    /// The names of the fields that are read. At most 32.
    fn fields(&self) -> &'static [&'static str];

    /// Reads the value of the field with this place in [`View::fields`].
    fn read(&mut self, field: usize, value: &mut dyn Value<'de>) -> Result<(), Stop>;
}

/// Reading has failed; whoever began it has the error.
#[derive(Debug)]
pub(crate) struct Stop;

/// A JSON value, to be read once. Where it is `null`, there is nothing.
pub(crate) trait Value<'de> {
    /// A string.
    fn text(&mut self) -> Result<Option<Text<'de>>, Stop>;
    /// An array of strings.
    fn texts(&mut self) -> Result<Vec<Text<'de>>, Stop>;
    /// An integer of 32 bits.
    fn integer(&mut self) -> Result<Option<i32>, Stop>;
    /// True, false or nothing.
    fn tristate(&mut self) -> Result<Option<bool>, Stop>;
    /// Any value, as text.
    fn raw(&mut self) -> Result<Option<&'de RawValue>, Stop>;
    /// An object; says whether there is one.
    fn object(&mut self, view: &mut dyn View<'de>) -> Result<bool, Stop>;
    /// An object of whatever keys: of those that are wanted, `entry` is called for each. What
    /// stands twice comes twice.
    fn entries(&mut self, is_wanted: fn(&str) -> bool, entry: Entry<'_, 'de>) -> Result<(), Stop>;
    /// An array; `element` is called for each of its elements.
    fn array(&mut self, element: Element<'_, 'de>) -> Result<(), Stop>;
}

type Entry<'f, 'de> = &'f mut dyn FnMut(&str, &mut dyn Value<'de>) -> Result<(), Stop>;
type Element<'f, 'de> = &'f mut dyn FnMut(&mut dyn Value<'de>) -> Result<(), Stop>;

/// Says which key of a JSON object is read into which field of a struct, and how.
macro_rules! reads {
    ($view:ident$(<$of:lifetime>)? { $($key:literal => $field:ident: $reader:path),+ $(,)? }) => {
        impl<'de> $crate::view::View<'de> for reads!(@type $view $(<$of>)?) {
            fn fields(&self) -> &'static [&'static str] {
                &[$($key),+]
            }

            fn read(
                &mut self,
                field: usize,
                value: &mut dyn $crate::view::Value<'de>,
            ) -> Result<(), $crate::view::Stop> {
                let mut keys = 0..;
                $(if keys.next() == Some(field) {
                    self.$field = $reader(value)?;
                    return Ok(());
                })+
                Ok(())
            }
        }
    };
    (@type $view:ident) => { $view };
    (@type $view:ident <$of:lifetime>) => { $view<'de> };
}

pub(crate) use reads;

/// Reads a view from a text.
pub(crate) fn from_str<'de, V: View<'de> + Default>(text: &'de str) -> serde_json::Result<V> {
    let mut view = V::default();
    read_str(text, &mut |value| value.object(&mut view).map(drop))?;
    Ok(view)
}

/// Reads the value that is all of a text.
pub(crate) fn read_str<'de>(text: &'de str, read: Element<'_, 'de>) -> serde_json::Result<()> {
    let mut json = serde_json::Deserializer::from_str(text);
    With(read).deserialize(&mut json)?;
    json.end()
}

/// Reads a view.
pub(crate) fn object<'de, V: View<'de> + Default>(value: &mut dyn Value<'de>) -> Result<V, Stop> {
    let mut view = V::default();
    value.object(&mut view)?;
    Ok(view)
}

/// Reads a view, if there is one.
pub(crate) fn object_if_any<'de, V>(value: &mut dyn Value<'de>) -> Result<Option<V>, Stop>
where
    V: View<'de> + Default,
{
    let mut view = V::default();
    Ok(value.object(&mut view)?.then_some(view))
}

/// Reads an array of views. A `null` among them is an empty one, as it is for Kubernetes.
pub(crate) fn objects<'de, V>(value: &mut dyn Value<'de>) -> Result<Vec<V>, Stop>
where
    V: View<'de> + Default,
{
    let mut views: Vec<V> = Vec::new();
    value.array(&mut |element| {
        views.push(V::default());
        match views.last_mut() {
            Some(view) => element.object(view).map(drop),
            None => Ok(()),
        }
    })?;
    Ok(views)
}

/// Reads an array of strings.
pub(crate) fn texts<'de>(value: &mut dyn Value<'de>) -> Result<Vec<Text<'de>>, Stop> {
    value.texts()
}

/// Reads a string.
pub(crate) fn text<'de>(value: &mut dyn Value<'de>) -> Result<Option<Text<'de>>, Stop> {
    value.text()
}

/// Reads an integer of 32 bits.
pub(crate) fn integer(value: &mut dyn Value<'_>) -> Result<Option<i32>, Stop> {
    value.integer()
}

/// Reads what is true, false or absent.
pub(crate) fn tristate(value: &mut dyn Value<'_>) -> Result<Option<bool>, Stop> {
    value.tristate()
}

/// Reads what is true or not; absent is not.
pub(crate) fn flag(value: &mut dyn Value<'_>) -> Result<bool, Stop> {
    Ok(value.tristate()?.unwrap_or_default())
}

/// Hands the value that is to be read to a function.
struct With<'f, 'de>(Element<'f, 'de>);

impl<'de> DeserializeSeed<'de> for With<'_, 'de> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        let mut once = Once {
            deserializer: Some(deserializer),
            error: None,
        };
        match (self.0)(&mut once) {
            Ok(()) => match once.deserializer {
                Some(unread) => IgnoredAny::deserialize(unread).map(drop),
                None => Ok(()),
            },
            Err(Stop) => Err(once
                .error
                .unwrap_or_else(|| D::Error::custom("was read twice"))),
        }
    }
}

/// A value that a deserializer has.
struct Once<'de, D: Deserializer<'de>> {
    deserializer: Option<D>,
    error: Option<D::Error>,
}

impl<'de, D: Deserializer<'de>> Once<'de, D> {
    fn take<T>(&mut self, read: impl FnOnce(D) -> Result<T, D::Error>) -> Result<T, Stop> {
        let Some(deserializer) = self.deserializer.take() else {
            return Err(Stop);
        };
        read(deserializer).map_err(|error| {
            self.error = Some(error);
            Stop
        })
    }
}

impl<'de, D: Deserializer<'de>> Value<'de> for Once<'de, D> {
    fn text(&mut self) -> Result<Option<Text<'de>>, Stop> {
        self.take(Option::deserialize)
    }

    fn texts(&mut self) -> Result<Vec<Text<'de>>, Stop> {
        let texts = self.take(Option::deserialize)?;
        Ok(texts.unwrap_or_default())
    }

    fn integer(&mut self) -> Result<Option<i32>, Stop> {
        self.take(Option::deserialize)
    }

    fn tristate(&mut self) -> Result<Option<bool>, Stop> {
        self.take(Option::deserialize)
    }

    fn raw(&mut self) -> Result<Option<&'de RawValue>, Stop> {
        self.take(Option::deserialize)
    }

    fn object(&mut self, view: &mut dyn View<'de>) -> Result<bool, Stop> {
        self.take(|deserializer| deserializer.deserialize_option(Fields(view)))
    }

    fn entries(&mut self, is_wanted: fn(&str) -> bool, entry: Entry<'_, 'de>) -> Result<(), Stop> {
        self.take(|deserializer| deserializer.deserialize_option(Entries { is_wanted, entry }))
    }

    fn array(&mut self, element: Element<'_, 'de>) -> Result<(), Stop> {
        self.take(|deserializer| deserializer.deserialize_option(Elements(element)))
    }
}

/// Reads an object into a view; what the view holds already is kept.
struct Fields<'v, 'de>(&'v mut dyn View<'de>);

impl<'de> Visitor<'de> for Fields<'_, 'de> {
    type Value = bool;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an object")
    }

    fn visit_none<E>(self) -> Result<bool, E> {
        Ok(false)
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<bool, D::Error> {
        deserializer.deserialize_map(self)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<bool, A::Error> {
        let Self(view) = self;
        let fields = view.fields();
        let mut seen = 0u32;
        while let Some(field) = map.next_key_seed(FieldOf(fields))? {
            let Some((field, name)) = field else {
                map.next_value::<IgnoredAny>()?;
                continue;
            };
            if seen & (1 << field) != 0 {
                return Err(A::Error::duplicate_field(name));
            }
            seen |= 1 << field;
            map.next_value_seed(With(&mut |value| view.read(field, value)))?;
        }
        Ok(true)
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

/// Reads an object of whatever keys.
struct Entries<'f, 'de> {
    is_wanted: fn(&str) -> bool,
    entry: Entry<'f, 'de>,
}

impl<'de> Visitor<'de> for Entries<'_, 'de> {
    type Value = ();

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an object")
    }

    fn visit_none<E>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_map(self)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(key) = map.next_key::<Text<'de>>()? {
            if (self.is_wanted)(key.as_str()) {
                map.next_value_seed(With(&mut |value| (self.entry)(key.as_str(), value)))?;
            } else {
                map.next_value::<IgnoredAny>()?;
            }
        }
        Ok(())
    }
}

/// Reads an array.
struct Elements<'f, 'de>(Element<'f, 'de>);

impl<'de> Visitor<'de> for Elements<'_, 'de> {
    type Value = ();

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an array")
    }

    fn visit_none<E>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_seq(self)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut array: A) -> Result<(), A::Error> {
        while array.next_element_seed(With(&mut *self.0))?.is_some() {}
        Ok(())
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

    reads!(Door<'de> { "name" => name: text, "open" => open: flag });

    fn door(json: &str) -> Result<Door<'_>, String> {
        from_str(json).map_err(|error| error.to_string())
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
