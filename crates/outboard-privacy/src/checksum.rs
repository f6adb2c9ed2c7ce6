//! Check digits over ASCII digits.

/// Returns the digits' values; other bytes are left out.
pub(crate) fn digits(text: &str) -> Vec<u8> {
    text.bytes().filter(u8::is_ascii_digit).map(|byte| byte - b'0').collect()
}

/// Doubles every second digit from the right.
pub(crate) fn luhn(digits: &[u8]) -> bool {
    let sum: u32 = digits.iter().rev().enumerate().map(|(at, &digit)| doubled(at, digit)).sum();
    sum.is_multiple_of(10)
}

fn doubled(at: usize, digit: u8) -> u32 {
    match (at % 2, digit) {
        (1, 5..) => u32::from(digit) * 2 - 9,
        (1, _) => u32::from(digit) * 2,
        _ => u32::from(digit),
    }
}

/// Sums digits times weights.
pub(crate) fn weighted(digits: &[u8], weights: &[i32]) -> i32 {
    digits.iter().zip(weights).map(|(&digit, weight)| i32::from(digit) * weight).sum()
}

/// Remainder of a number given by its digits.
pub(crate) fn modulo(digits: &[u8], by: u64) -> u64 {
    digits.iter().fold(0, |rest, &digit| (rest * 10 + u64::from(digit)) % by)
}

/// ISO 7064 mod 11,10: the last digit checks the others.
pub(crate) fn mod11_10(digits: &[u8]) -> bool {
    let Some((check, rest)) = digits.split_last() else { return false };
    let product = rest.iter().fold(10u32, |product, &digit| {
        let sum = (u32::from(digit) + product) % 10;
        (if sum == 0 { 10 } else { sum }) * 2 % 11
    });
    (11 - product) % 10 == u32::from(*check)
}

const DIHEDRAL: [[u8; 10]; 10] = [
    [0, 1, 2, 3, 4, 5, 6, 7, 8, 9],
    [1, 2, 3, 4, 0, 6, 7, 8, 9, 5],
    [2, 3, 4, 0, 1, 7, 8, 9, 5, 6],
    [3, 4, 0, 1, 2, 8, 9, 5, 6, 7],
    [4, 0, 1, 2, 3, 9, 5, 6, 7, 8],
    [5, 9, 8, 7, 6, 0, 4, 3, 2, 1],
    [6, 5, 9, 8, 7, 1, 0, 4, 3, 2],
    [7, 6, 5, 9, 8, 2, 1, 0, 4, 3],
    [8, 7, 6, 5, 9, 3, 2, 1, 0, 4],
    [9, 8, 7, 6, 5, 4, 3, 2, 1, 0],
];
const SHUFFLE: [u8; 10] = [1, 5, 7, 6, 2, 8, 3, 0, 9, 4];

/// Verhoeff's scheme.
pub(crate) fn verhoeff(digits: &[u8]) -> bool {
    let mut sum = 0u8;
    for (at, &digit) in digits.iter().rev().enumerate() {
        let moved = (0..at % 8).fold(digit, |digit, _| SHUFFLE[usize::from(digit)]);
        sum = DIHEDRAL[usize::from(sum)][usize::from(moved)];
    }
    sum == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_numbers_pass_and_their_neighbours_do_not() {
        assert!(luhn(&digits("4111111111111111")) && !luhn(&digits("4111111111111112")));
        assert!(verhoeff(&digits("2363")) && !verhoeff(&digits("2364")));
        assert!(mod11_10(&digits("86095742719")) && !mod11_10(&digits("86095742718")));
        assert_eq!(modulo(&digits("1234567890123"), 97), 1_234_567_890_123 % 97);
    }
}
