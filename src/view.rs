//! Views: which fields of JSON objects are read, and into what. All others are skipped without being
//! looked at.
//!
//! Views are read through trait objects: were reading generic over them, each would bring its own
//! copy of it into the module.

use std::borrow::Cow;

use crate::fault::Fault;

pub(crate) use crate::reader::{Fields, Reader, Stop, read_str, read_what_fits};

/// The fields of a JSON object that we read.
pub(crate) trait View<'de> {
    /// The names of the fields that are read. At most 32. Not asked through the trait object: the
    /// first such call of each function is dear in a fresh instance, and there is one for each case.
    fn fields(&self) -> &'static Fields
    where
        Self: Sized;

    /// Reads the value of the field with this place in [`View::fields`].
    fn read(&mut self, field: usize, value: &mut Reader<'de>) -> Result<(), Stop>;
}

/// Says which key of a JSON object is read into which field of a struct, and how.
macro_rules! reads {
    ($view:ident$(<$of:lifetime>)? { $($key:literal => $field:ident: $reader:path),+ $(,)? }) => {
        impl<'de> $crate::view::View<'de> for reads!(@type $view $(<$of>)?) {
            fn fields(&self) -> &'static $crate::view::Fields {
                const { &$crate::view::Fields::of(&[$($key),+]) }
            }

            fn read(
                &mut self,
                field: usize,
                value: &mut $crate::view::Reader<'de>,
            ) -> Result<(), $crate::view::Stop> {
                let mut keys = 0..;
                $(if keys.next() == Some(field) {
                    return $reader(&mut self.$field, value);
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
pub(crate) fn from_str<'de, V: View<'de> + Default>(text: &'de str) -> Result<V, Fault> {
    let mut view = V::default();
    read_str(text, &mut |value| value.object(&mut view).map(drop))?;
    Ok(view)
}

/// Reads what is all of a text; none if that is nothing, or something else.
pub(crate) fn only<'de, T>(
    text: &'de str,
    read: fn(&mut Reader<'de>) -> Result<Option<T>, Stop>,
) -> Option<T> {
    let mut only = None;
    read_str(text, &mut |value| {
        only = read(value)?;
        Ok(())
    })
    .ok()?;
    only
}

/// The members of the object that is all of a text, in order; none if it is something else.
pub(crate) fn members(text: &str) -> Option<Vec<(Text<'_>, &str)>> {
    let mut members = Vec::new();
    read_str(text, &mut |value| {
        members = value.members()?;
        Ok(())
    })
    .ok()
    .filter(|()| text.starts_with('{'))
    .map(|()| members)
}

/// The elements of the array that is all of a text; none if it is something else.
pub(crate) fn elements(text: &str) -> Option<Vec<&str>> {
    let mut elements = Vec::new();
    read_str(text, &mut |value| {
        value.array(&mut |element| {
            elements.push(element.as_written()?);
            Ok(())
        })
    })
    .ok()
    .filter(|()| text.starts_with('['))
    .map(|()| elements)
}

/// Reads a view, if there is one.
pub(crate) fn any<'de, V: View<'de> + Default>(value: &mut Reader<'de>) -> Result<Option<V>, Stop> {
    let mut view = V::default();
    Ok(value.object(&mut view)?.then_some(view))
}

// What follows reads a field in place: to hand it on would mean to move it, and to drop what was
// there before.

/// Reads a view.
pub(crate) fn object<'de>(field: &mut impl View<'de>, value: &mut Reader<'de>) -> Result<(), Stop> {
    value.object(field).map(drop)
}

/// Reads a view, if there is one.
pub(crate) fn object_if_any<'de, V>(
    field: &mut Option<V>,
    value: &mut Reader<'de>,
) -> Result<(), Stop>
where
    V: View<'de> + Default,
{
    let read = value.object(field.insert(V::default()));
    // Of one that does not fit, nothing stays behind.
    if !matches!(read, Ok(true)) {
        *field = None;
    }
    read.map(drop)
}

/// Reads an array of views. A `null` among them is an empty one, as it is for Kubernetes.
pub(crate) fn objects<'de, V>(field: &mut Vec<V>, value: &mut Reader<'de>) -> Result<(), Stop>
where
    V: View<'de> + Default,
{
    value.array(&mut |element| {
        field.push(V::default());
        match field.last_mut() {
            Some(view) => element.object(view).map(drop),
            None => Ok(()),
        }
    })
}

/// Reads an array of strings.
pub(crate) fn texts<'de>(field: &mut Vec<Text<'de>>, value: &mut Reader<'de>) -> Result<(), Stop> {
    *field = value.texts()?;
    Ok(())
}

/// Reads a string.
pub(crate) fn text<'de>(
    field: &mut Option<Text<'de>>,
    value: &mut Reader<'de>,
) -> Result<(), Stop> {
    *field = value.text()?;
    Ok(())
}

/// Reads any value, as text.
#[inline(never)] // one copy for all views
pub(crate) fn raw<'de>(field: &mut Option<&'de str>, value: &mut Reader<'de>) -> Result<(), Stop> {
    *field = value.raw()?;
    Ok(())
}

/// Reads an integer of 32 bits.
pub(crate) fn integer(field: &mut Option<i32>, value: &mut Reader<'_>) -> Result<(), Stop> {
    *field = value.integer()?;
    Ok(())
}

/// Reads what is true, false or absent.
pub(crate) fn tristate(field: &mut Option<bool>, value: &mut Reader<'_>) -> Result<(), Stop> {
    *field = value.tristate()?;
    Ok(())
}

/// Reads what is true or not; absent is not.
pub(crate) fn flag(field: &mut bool, value: &mut Reader<'_>) -> Result<(), Stop> {
    *field = value.tristate()?.unwrap_or_default();
    Ok(())
}

/// A string, borrowed from the payload where it holds no escapes.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Text<'a>(Cow<'a, str>);

impl<'a> From<&'a str> for Text<'a> {
    fn from(text: &'a str) -> Self {
        Self(text.into())
    }
}

impl<'a> From<Cow<'a, str>> for Text<'a> {
    fn from(text: Cow<'a, str>) -> Self {
        Self(text)
    }
}

impl Text<'_> {
    pub fn as_str(&self) -> &str {
        &self.0
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
        from_str(json).map_err(|fault| fault.reason)
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
        assert!(error.starts_with("the key stands twice"), "{error}");
    }

    #[test]
    fn refuses_an_array_for_an_object() {
        let error = door(r#"["hall",true]"#).unwrap_err();
        assert!(error == "an array, expected an object", "{error}");
    }

    #[test]
    fn borrows_a_string_without_escapes() {
        let name = |json| door(json).unwrap().name.unwrap();
        let Text(plain) = name(r#"{"name":"plain"}"#);
        assert!(matches!(plain, Cow::Borrowed("plain")));
        let Text(escaped) = name(r#"{"name":"a\tb"}"#);
        assert_eq!(escaped, "a\tb");
    }
}
