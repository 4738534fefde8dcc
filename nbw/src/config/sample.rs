//! The configuration that documents every setting and changes none.

/// What `nbw agent --print-config` prints. As it is, it is [`super::Config::default`].
pub fn sample() -> &'static str {
    include_str!("sample.toml")
}
