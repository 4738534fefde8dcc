//! The little of ASN.1's basic encoding (X.690) that answers of SNMP and LDAP need.

/// A value with its tag; its length in the long form where it needs it.
pub(super) fn tagged(tag: u8, parts: &[&[u8]]) -> Vec<u8> {
    let length: usize = parts.iter().map(|part| part.len()).sum();
    let mut all = vec![tag];
    match length {
        0..=0x7f => all.push(length as u8),
        0x80..=0xff => all.extend([0x81, length as u8]),
        _ => all.extend([0x82, (length >> 8) as u8, length as u8]),
    }
    parts.iter().for_each(|part| all.extend_from_slice(part));
    all
}

pub(super) const SEQUENCE: u8 = 0x30;
pub(super) const SET: u8 = 0x31;

/// A small number.
pub(super) fn integer(value: u8) -> Vec<u8> {
    tagged(2, &[&[value & 0x7f]])
}

/// A string of bytes.
pub(super) fn octets(value: &[u8]) -> Vec<u8> {
    tagged(4, &[value])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_have_three_forms() {
        for (length, beginning) in [(3, vec![4, 3]), (200, vec![4, 0x81, 200]), (300, vec![4, 0x82, 1, 44])] {
            let encoded = octets(&vec![0; length]);
            assert_eq!(encoded[..beginning.len()], beginning);
            assert_eq!(encoded.len(), beginning.len() + length);
        }
    }
}
