//! Text from outside, as it may be shown on a terminal: names stand in keys, proofs and models, which are anybody's.

use std::borrow::Cow;

/// Text with everything escaped that is not seen as itself: control characters, line breaks, marks that turn the direction of writing,
/// characters without width. What is left cannot move the cursor, and stays on its line.
#[must_use]
pub fn printable(text: &str) -> Cow<'_, str> {
    if text.chars().all(is_seen) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        match is_seen(c) {
            true => shown.push(c),
            false => shown.extend(c.escape_debug()),
        }
    }
    Cow::Owned(shown)
}

/// The same for JSON, in which such characters occur in strings alone: what is read again is what was written.
#[must_use]
pub fn printable_json(json: &str) -> Cow<'_, str> {
    let stays = |c: char| c == '\n' || is_seen(c);
    if json.chars().all(stays) {
        return Cow::Borrowed(json);
    }
    let mut shown = String::with_capacity(json.len() + 16);
    for c in json.chars() {
        if stays(c) {
            shown.push(c);
        } else {
            for unit in c.encode_utf16(&mut [0; 2]) {
                shown.push_str(&format!("\\u{unit:04x}"));
            }
        }
    }
    Cow::Owned(shown)
}

/// Whether the standard library would print a character as it is between quotes; quotes themselves and backslashes it would not.
fn is_seen(c: char) -> bool {
    matches!(c, '\'' | '"' | '\\') || c.escape_debug().eq([c])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_moves_the_cursor_or_hides() {
        assert_eq!(
            printable("sigmoid_3 'Größe' \"日本\""),
            "sigmoid_3 'Größe' \"日本\""
        );
        for (name, shown) in [
            ("a\x1b[2Jb", "a\\u{1b}[2Jb"),
            ("a\nverdict      accepted", "a\\nverdict      accepted"),
            ("a\u{202e}detpecca", "a\\u{202e}detpecca"),
            ("a\u{9b}31m", "a\\u{9b}31m"),
            (
                "a\u{200b}b\u{2028}\u{feff}",
                "a\\u{200b}b\\u{2028}\\u{feff}",
            ),
            ("a\u{e0041}", "a\\u{e0041}"),
        ] {
            assert_eq!(printable(name), shown);
        }
    }

    #[test]
    fn json_is_read_again_as_it_was() {
        let value = serde_json::json!({"a\u{202e}\u{9b}\n": "\u{e0041}\u{1b}é", "b": [1, 2]});
        for text in [
            value.to_string(),
            serde_json::to_string_pretty(&value).unwrap(),
        ] {
            let shown = printable_json(&text);
            assert!(shown.chars().all(|c| c == '\n' || is_seen(c)), "{shown}");
            let read: serde_json::Value = serde_json::from_str(&shown).unwrap();
            assert_eq!(read, value);
        }
    }
}
