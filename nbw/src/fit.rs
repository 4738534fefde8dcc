//! Text in a given number of columns: wide characters take two of them.

use std::borrow::Cow;

use console::{Alignment, measure_text_width, pad_str, truncate_str};

/// Columns that `text` takes.
pub fn width(text: &str) -> usize {
    measure_text_width(text)
}

/// `text` in exactly `width` columns, left-aligned, shortened in its middle if it must be.
pub fn left(text: &str, width: usize) -> String {
    pad_str(&shorten(text, width), width, Alignment::Left, None).into_owned()
}

/// `text` in exactly `width` columns, right-aligned, shortened in its middle if it must be.
pub fn right(text: &str, width: usize) -> String {
    pad_str(&shorten(text, width), width, Alignment::Right, None).into_owned()
}

/// `text` in at most `width` columns. What tells names apart is often their end: the middle goes.
pub fn shorten(text: &str, width: usize) -> String {
    if measure_text_width(text) <= width {
        return text.to_owned();
    }
    let tail = last_columns(text, width.saturating_sub(1) / 2);
    let head = width - measure_text_width(tail);
    format!("{}{tail}", truncate_str(text, head, if width == 0 { "" } else { "…" }))
}

/// `text` in at most `width` columns; the end goes.
pub fn cut(text: &str, width: usize) -> Cow<'_, str> {
    truncate_str(text, width, if width == 0 { "" } else { "…" })
}

/// The longest end of `text` that fits `width` columns. Looked for from the end: names can be long.
fn last_columns(text: &str, width: usize) -> &str {
    let fits = |at: &usize| measure_text_width(&text[*at..]) <= width;
    text.char_indices().rev().map(|(at, _)| at).take_while(fits).last().map_or("", |at| &text[at..])
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_middle_goes() {
        assert_eq!(shorten("eth0", 4), "eth0");
        assert_eq!(shorten("docker-0123456789.scope", 12), "docker…scope");
        assert_eq!(shorten("abcdef", 1), "…");
        assert_eq!(shorten("abcdef", 0), "");
    }

    proptest! {
        #[test]
        fn padding_is_exact_for_wide_characters_too(text in "[a-zデ界é]{0,30}", width in 0_usize..40) {
            prop_assert_eq!(measure_text_width(&left(&text, width)), width);
            prop_assert_eq!(measure_text_width(&right(&text, width)), width);
        }
    }
}
