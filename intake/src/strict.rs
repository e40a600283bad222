//! What Kubernetes refuses in a JSON manifest although it is JSON: a key given twice, and what no
//! parser downstream would read. Nothing is kept of the text.

use crate::message::{broken, given_twice};
use crate::named::Named;
use crate::{Broken, Position};
use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use std::fmt;

/// Reads all of `text`, which starts at `start` in the input, as strictly as Kubernetes does.
pub(crate) fn check(text: &str, start: Position) -> Result<(), Broken> {
    let mut repeated = None;
    let seed = Strict {
        repeated: &mut repeated,
    };
    let result = seed.deserialize(&mut serde_json::Deserializer::from_str(text));
    result.map_err(|error| {
        let broken = broken(&error, start);
        match repeated {
            Some(key) => Broken::new(broken.line, given_twice(&key)),
            None => broken,
        }
    })
}

struct Strict<'k> {
    repeated: &'k mut Option<String>,
}

impl Strict<'_> {
    fn again(&mut self) -> Strict<'_> {
        Strict {
            repeated: &mut *self.repeated,
        }
    }
}

impl<'de> DeserializeSeed<'de> for Strict<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, value: D) -> Result<(), D::Error> {
        value.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Strict<'_> {
    type Value = ();

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("a JSON value")
    }

    fn visit_map<A: MapAccess<'de>>(mut self, mut map: A) -> Result<(), A::Error> {
        let mut keys = Named::default();
        while let Some(key) = map.next_key::<String>()? {
            if keys.get(&key).is_some() {
                *self.repeated = Some(key);
                return Err(A::Error::custom("given twice"));
            }
            keys.put(key, ());
            map.next_value_seed(self.again())?;
        }
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(mut self, mut items: A) -> Result<(), A::Error> {
        while items.next_element_seed(self.again())?.is_some() {}
        Ok(())
    }

    fn visit_bool<E>(self, _: bool) -> Result<(), E> {
        Ok(())
    }

    fn visit_i64<E>(self, _: i64) -> Result<(), E> {
        Ok(())
    }

    fn visit_u64<E>(self, _: u64) -> Result<(), E> {
        Ok(())
    }

    fn visit_f64<E>(self, _: f64) -> Result<(), E> {
        Ok(())
    }

    fn visit_str<E>(self, _: &str) -> Result<(), E> {
        Ok(())
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::check;
    use crate::Position;

    fn fault(text: &str) -> (u64, String) {
        let broken = check(text, Position::START).unwrap_err();
        (broken.line, broken.message)
    }

    #[test]
    fn accepts_every_kind_of_value() {
        let text = r#"{"a":[1,-1,1.5,1e300,123456789012345678901234567890,true,false,null,"",{}]}"#;
        assert_eq!(check(text, Position::START), Ok(()));
    }

    #[test]
    fn names_the_line_and_the_key_given_twice() {
        let text = "{\"a\":1,\n \"b\":[{\"c\":1,\n\"\\u0063\":2}]}";
        let message = "`c`: given twice, remove one".to_owned();
        assert_eq!(fault(text), (3, message));
    }

    #[test]
    fn accepts_a_key_in_two_objects() {
        assert_eq!(check(r#"[{"a":1},{"a":{"a":1}}]"#, Position::START), Ok(()));
    }

    #[test]
    fn refuses_deep_nesting_without_a_stack() {
        let text = format!("\n{}", "[".repeat(10_000));
        assert_eq!(fault(&text), (2, "nested more than 127 deep".to_owned()));
        let deep = |depth| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
        assert_eq!(check(&deep(127), Position::START), Ok(()));
        assert!(check(&deep(128), Position::START).is_err());
    }

    #[test]
    fn refuses_a_number_out_of_range() {
        let message = "a number too big for JSON readers".to_owned();
        assert_eq!(fault("[\n1e999]"), (2, message));
    }

    #[test]
    fn says_nothing_of_the_text() {
        for text in [
            r#"{"a": secret}"#,
            r#"{"a" "secret"}"#,
            r#"{"secret"#,
            "secret",
        ] {
            let (_, message) = fault(text);
            assert!(!message.contains("secret"), "{message}");
        }
    }
}
