//! The usual arrangement: two hosts and a cable.

use super::{Netns, Veth};

/// Two namespaces with a cable between them that carries nothing but what the test sends: no neighbour discovery, and
/// no multicast reports after the first moments.
pub struct TwoHosts {
    /// Where nbw usually runs.
    pub left: Netns,
    /// The other one.
    pub right: Netns,
    /// Its end `a` is at `left`.
    pub cable: Veth,
}

impl TwoHosts {
    /// Lays the cable; see [`Veth::between`].
    pub fn new(number: u8, offloads: bool) -> Self {
        let (left, right) = (Netns::new(), Netns::new());
        let cable = Veth::between(&left, &right, number, offloads);
        cable.pin_neighbours(&left, &right);
        Self { left, right, cable }
    }
}
