//! Measuring instead of judging: signatures without conditions say how much there was at most, and of nothing that it is an attack.

use super::Engine;

impl Engine {
    /// The end: the most that anybody had of what each signature without conditions counts first, in the signatures' order; none of what
    /// has not happened.
    pub(crate) fn peaks(mut self) -> Vec<Option<f64>> {
        self.close();
        self.boards.iter().map(|board| board.peak).collect()
    }
}
