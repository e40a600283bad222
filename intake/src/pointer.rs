//! RFC 6901 pointers: from a pointer to the offset in a JSON text of what it names. It does not
//! know where that text came from.

use crate::origin::offset_in;
use serde::Deserializer as _;
use serde::de::{MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;
use std::fmt;

/// The offset in `text` of what `pointer`, taken from the member `root`, names: of the key for a
/// member, of the value for an item. None when the pointer does not resolve.
pub(crate) fn find(text: &str, root: &str, pointer: &str) -> Option<usize> {
    // The whole stands where its value does, not where the request says `object`.
    let value = child(text, root)?.value;
    Some(offset_in(text, value) + find_in(value, pointer)?)
}

/// The offset in `text` of what `pointer`, taken from the whole, names.
pub(crate) fn find_in(text: &str, pointer: &str) -> Option<usize> {
    let mut tokens = pointer.split('/');
    // A pointer is empty or starts with a slash: before it there is nothing.
    if !tokens.next()?.is_empty() {
        return None;
    }
    let value = text.trim_ascii_start();
    let mut found = Child {
        offset: offset_in(text, value),
        value,
    };
    for token in tokens {
        found = child(found.value, &unescaped(token)).map(|next| Child {
            offset: offset_in(text, found.value) + next.offset,
            ..next
        })?;
    }
    Some(found.offset)
}

/// The text of a member's value. Takes time in proportion to the object.
pub(crate) fn member<'a>(object: &'a str, name: &str) -> Option<&'a str> {
    child(object, name).map(|found| found.value)
}

/// A token of a pointer as the name it stands for.
fn unescaped(token: &str) -> String {
    token.replace("~1", "/").replace("~0", "~")
}

/// A member or an item, and where it starts in the text of its parent.
struct Child<'a> {
    offset: usize,
    value: &'a str,
}

fn child<'a>(parent: &'a str, name: &str) -> Option<Child<'a>> {
    serde_json::Deserializer::from_str(parent)
        .deserialize_any(Step { parent, name })
        .ok()?
}

/// Finds one child of an object or array.
struct Step<'a, 'n> {
    parent: &'a str,
    name: &'n str,
}

impl<'a> Visitor<'a> for Step<'a, '_> {
    type Value = Option<Child<'a>>;

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("an object or an array")
    }

    fn visit_map<A: MapAccess<'a>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut found = None;
        let mut end = 0;
        while let Some(key) = map.next_key::<String>()? {
            let value = map.next_value::<&RawValue>()?.get();
            if key == self.name {
                // Between the member before and the key there are no quotes.
                let gap = self.parent.get(end..).unwrap_or_default().find('"');
                found = gap.map(|gap| Child {
                    offset: end + gap,
                    value,
                });
            }
            end = offset_in(self.parent, value) + value.len();
        }
        Ok(found)
    }

    fn visit_seq<A: SeqAccess<'a>>(self, mut items: A) -> Result<Self::Value, A::Error> {
        let mut found = None;
        let mut index = 0_u64;
        while let Some(value) = items.next_element::<&RawValue>()? {
            if self.name == index.to_string() {
                found = Some(Child {
                    offset: offset_in(self.parent, value.get()),
                    value: value.get(),
                });
            }
            index += 1;
        }
        Ok(found)
    }
}

#[cfg(test)]
mod tests {
    use super::find;

    const TEXT: &str = r#"{"object": {"a/b": [10, {"x~y": true}], "": 1}, "n": 2}"#;

    fn rest(pointer: &str) -> Option<&str> {
        TEXT.get(find(TEXT, "object", pointer)?..)
    }

    #[test]
    fn names_the_whole_by_its_value() {
        assert!(rest("").unwrap().starts_with(r#"{"a/b""#));
    }

    #[test]
    fn names_a_member_by_its_key() {
        assert!(rest("/a~1b").unwrap().starts_with(r#""a/b": ["#));
        assert!(rest("/a~1b/1/x~0y").unwrap().starts_with(r#""x~y": true"#));
        assert!(rest("/").unwrap().starts_with(r#""": 1"#));
    }

    #[test]
    fn names_an_item_by_its_value() {
        assert!(rest("/a~1b/0").unwrap().starts_with("10,"));
    }

    #[test]
    fn does_not_resolve_what_is_not_there() {
        for pointer in [
            "/n",
            "/a~1b/2",
            "/a~1b/01",
            "/a~1b/-",
            "/a~1b/0/x",
            "a",
            "/c",
        ] {
            assert_eq!(rest(pointer), None, "{pointer}");
        }
    }
}
