//! placeholder
use super::{Format, Report};
use crate::failure::Failure;
/// Writes a page.
pub struct Html;
impl Format for Html {
    fn render(&self, _: &Report) -> Result<Vec<u8>, Failure> {
        Ok(Vec::new())
    }
}
