//! Names from outside are hostile: the one place where they are made fit to print.
//!
//! Container, process, interface, host and unit names, capture files and API answers can hold terminal
//! escapes, line breaks that forge log lines, or bidi overrides that show another name than the one there is
//! (CVE-2021-42574, "Trojan Source"). They are cleaned once, where they enter.

use std::{borrow::Cow, path::Path};

/// No cleaned name is longer than this, in bytes (Linux's `PATH_MAX`, the longest thing that has to fit).
pub const MAX_BYTES: usize = 4096;

/// Stands for a character that must not reach a terminal.
const REPLACEMENT: char = char::REPLACEMENT_CHARACTER;

/// Ends a name that was cut.
const ELLIPSIS: char = '…';

/// `name` with each control or invisible format character replaced, and cut (visibly) to [`MAX_BYTES`].
///
/// A clean name is borrowed; cleaning a second time changes nothing.
pub fn clean(name: &str) -> Cow<'_, str> {
    clean_to(name, MAX_BYTES)
}

/// [`clean`], but cut (visibly) to `bytes`, which has room for more than the ellipsis.
pub fn clean_to(name: &str, bytes: usize) -> Cow<'_, str> {
    if name.len() <= bytes && !name.chars().any(is_hostile) {
        return Cow::Borrowed(name);
    }
    // One character more than can fit: enough for `bound` to see that there was more.
    let replaced = name.chars().take(bytes + 1).map(harmless).collect();
    Cow::Owned(bound(replaced, bytes))
}

/// [`clean`] for bytes that should be UTF-8 and may be anything.
pub fn clean_bytes(name: &[u8]) -> String {
    // A character has at most 4 bytes: what is cut here is past what `clean` keeps.
    let head = &name[..name.len().min(4 * (MAX_BYTES + 1))];
    clean(&String::from_utf8_lossy(head)).into_owned()
}

/// A file's name, [`clean`]ed: it may be anything.
pub fn clean_path(path: &Path) -> String {
    clean_bytes(path.as_os_str().as_encoded_bytes())
}

/// A systemd name as people read it: `\xNN` undone, then [`clean`]ed, as what was escaped is hostile too.
///
/// Only for display: `-` stays `-` (`systemd-escape --path` would make it `/`), and what comes out names no
/// unit any more.
pub fn unescape_systemd(name: &str) -> Cow<'_, str> {
    if !name.contains("\\x") {
        return clean(name);
    }
    let mut bytes = Vec::with_capacity(name.len());
    let mut rest = name.as_bytes();
    while let Some((byte, after)) = next_unescaped(rest) {
        bytes.push(byte);
        rest = after;
    }
    Cow::Owned(clean_bytes(&bytes))
}

/// The first byte of `rest` with its escape undone, and what follows it.
fn next_unescaped(rest: &[u8]) -> Option<(u8, &[u8])> {
    if let [b'\\', b'x', high, low, after @ ..] = rest
        && let (Some(high), Some(low)) = (hex_digit(*high), hex_digit(*low))
    {
        return Some((high << 4 | low, after));
    }
    rest.split_first().map(|(&byte, after)| (byte, after))
}

fn hex_digit(byte: u8) -> Option<u8> {
    let digit = char::from(byte).to_digit(16)?;
    u8::try_from(digit).ok()
}

fn harmless(character: char) -> char {
    if is_hostile(character) { REPLACEMENT } else { character }
}

/// Whether a character moves the cursor, reorders its neighbours, or cannot be seen.
///
/// Controls (Unicode's Cc: C0, DEL, C1) and the format and filler characters that Unicode's
/// `Default_Ignorable_Code_Point` names, less the variation selectors that emoji need.
fn is_hostile(character: char) -> bool {
    character.is_control() || is_bidi_or_break(character) || is_invisible(character)
}

fn is_bidi_or_break(character: char) -> bool {
    matches!(character, '\u{061C}' | '\u{200E}'..='\u{200F}' | '\u{2028}'..='\u{202E}' | '\u{2066}'..='\u{2069}')
}

fn is_invisible(character: char) -> bool {
    matches!(character,
        '\u{00AD}' | '\u{034F}' | '\u{115F}'..='\u{1160}' | '\u{17B4}'..='\u{17B5}' | '\u{180B}'..='\u{180F}'
        | '\u{200B}'..='\u{200D}' | '\u{2060}'..='\u{2065}' | '\u{206A}'..='\u{206F}' | '\u{3164}' | '\u{FEFF}'
        | '\u{FFA0}' | '\u{FFF0}'..='\u{FFFB}' | '\u{1BCA0}'..='\u{1BCA3}' | '\u{1D173}'..='\u{1D17A}'
        | '\u{E0000}'..='\u{E0FFF}')
}

/// Cuts at a character boundary, so that the ellipsis fits too.
fn bound(mut text: String, bytes: usize) -> String {
    if text.len() > bytes {
        let mut end = bytes - ELLIPSIS.len_utf8();
        while !text.is_char_boundary(end) {
            end -= 1;
        }
        text.truncate(end);
        text.push(ELLIPSIS);
    }
    text
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn ordinary_names_are_borrowed() {
        for name in ["", "nginx.service", "größe", "日本", "🐳", "❤\u{FE0F}", "a b", "a\\x2db"] {
            assert!(matches!(clean(name), Cow::Borrowed(same) if same == name), "{name:?}");
        }
    }

    #[test]
    fn hostile_characters_are_replaced_one_by_one() {
        let hostile = [
            '\0',
            '\t',
            '\n',
            '\r',
            '\u{1B}',
            '\u{7F}',
            '\u{85}',
            '\u{9B}',
            '\u{200B}',
            '\u{200D}',
            '\u{200F}',
            '\u{2028}',
            '\u{2029}',
            '\u{202A}',
            '\u{202E}',
            '\u{2060}',
            '\u{2066}',
            '\u{2069}',
            '\u{FEFF}',
            '\u{00AD}',
            '\u{061C}',
            '\u{E0041}',
        ];
        for character in hostile {
            assert_eq!(clean(&format!("a{character}b")), "a\u{FFFD}b", "{character:?}");
        }
    }

    #[test]
    fn a_terminal_escape_cannot_get_through() {
        assert_eq!(clean("web\u{1B}[2J\u{1B}]0;owned\u{7}"), "web\u{FFFD}[2J\u{FFFD}]0;owned\u{FFFD}");
    }

    #[test]
    fn a_long_name_is_cut_visibly() {
        assert_eq!(clean(&"a".repeat(MAX_BYTES)).len(), MAX_BYTES);
        let cut = clean(&"a".repeat(MAX_BYTES + 1)).into_owned();
        assert_eq!((cut.len(), cut.ends_with("a…")), (MAX_BYTES, true));
        // Replacing makes a name longer than it was.
        assert!(clean(&"\n".repeat(MAX_BYTES)).ends_with("\u{FFFD}…"));
    }

    #[test]
    fn bytes_that_are_no_utf8_are_replaced() {
        assert_eq!(clean_bytes(b"eth\xFF0\n"), "eth\u{FFFD}0\u{FFFD}");
        assert!(clean_bytes(&vec![b'x'; 1 << 20]).ends_with("x…"));
    }

    #[test]
    fn systemd_escapes_are_undone_and_cleaned() {
        for (escaped, shown) in [
            ("my\\x2dbox", "my-box"),
            ("gr\\xc3\\xb6\\xc3\\x9fe", "größe"),
            ("a\\x1b[2J", "a\u{FFFD}[2J"),
            ("a\\x0a", "a\u{FFFD}"),
            ("half\\xc3", "half\u{FFFD}"),
            ("\\x", "\\x"),
            ("\\x2", "\\x2"),
            ("\\xzz\\x2D", "\\xzz-"),
            ("\\x5cx2d", "\\x2d"),
            ("a-b", "a-b"),
        ] {
            assert_eq!(unescape_systemd(escaped), shown, "{escaped}");
        }
    }

    fn check(text: &str) -> Result<(), TestCaseError> {
        prop_assert!(text.len() <= MAX_BYTES);
        prop_assert!(!text.chars().any(is_hostile));
        prop_assert_eq!(clean(text), text);
        Ok(())
    }

    proptest! {
        #[test]
        fn whatever_goes_in_comes_out_harmless(
            bytes in proptest::collection::vec(any::<u8>(), 0..200), times in 1..60_usize,
        ) {
            let name = bytes.repeat(times);
            check(&clean_bytes(&name))?;
            check(&clean(&String::from_utf8_lossy(&name)))?;
            check(&unescape_systemd(&String::from_utf8_lossy(&name)))?;
        }

        #[test]
        fn what_is_short_keeps_its_count_of_characters(name in any::<String>()) {
            prop_assert_eq!(clean(&name).chars().count(), name.chars().count());
        }

        #[test]
        fn escaping_is_undone(name in "[a-z0-9 /ö日-]{0,40}") {
            let escaped: String = name.bytes().map(|byte| format!("\\x{byte:02x}")).collect();
            prop_assert_eq!(unescape_systemd(&escaped), name);
        }
    }
}
