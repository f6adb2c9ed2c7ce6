//! Values made on the spot with check digits computed here, by formulas of their own: all must be found.

use outboard_privacy::{Detector, Kind, Options};

struct Dice(u64);

impl Dice {
    fn below(&mut self, end: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % end
    }

    fn digits(&mut self, count: usize) -> Vec<u64> {
        (0..count).map(|_| self.below(10)).collect()
    }
}

fn join(digits: &[u64]) -> String {
    digits.iter().map(u64::to_string).collect()
}

fn sum(digits: &[u64], weights: &[u64]) -> u64 {
    digits.iter().zip(weights).map(|(digit, weight)| digit * weight).sum()
}

fn rest(digits: &[u64], by: u64) -> u64 {
    digits.iter().fold(0, |rest, digit| (rest * 10 + digit) % by)
}

/// Appends the digit that makes the sum over doubled digits end in zero.
fn luhn(mut body: Vec<u64>) -> String {
    let total: u64 = body
        .iter()
        .rev()
        .enumerate()
        .map(|(at, digit)| if at % 2 == 0 { digit * 2 / 10 + digit * 2 % 10 } else { *digit })
        .sum();
    body.push((10 - total % 10) % 10);
    join(&body)
}

fn holds(prefix: &str, kind: &Kind, mut make: impl FnMut(&mut Dice) -> Option<String>) {
    let detector = Detector::new(&Options::default()).expect("the defaults compile");
    let mut dice = Dice(11);
    let mut made = 0;
    while made < 200 {
        let Some(value) = make(&mut dice) else { continue };
        made += 1;
        let text = format!("{prefix} {value}, thanks");
        let found: Vec<_> = detector.text(&text).into_iter().map(|f| (f.kind, &text[f.range])).collect();
        assert_eq!(found, [(kind.clone(), value.as_str())], "{text}");
    }
}

#[test]
fn cards_accounts_and_addresses() {
    holds("card", &Kind::Card, |dice| Some(luhn([vec![4], dice.digits(14)].concat())));
    holds("pay to", &Kind::Iban, |dice| {
        let body = dice.digits(18);
        let check = 98 - rest(&[&body[..], &[1, 3, 1, 4, 0, 0]].concat(), 97);
        Some(format!("DE{check:02}{}", join(&body)))
    });
    holds("ssn", &Kind::Ssn, |dice| {
        let (area, group, serial) = (1 + dice.below(665), 1 + dice.below(99), 1 + dice.below(9999));
        Some(format!("{area:03}-{group:02}-{serial:04}"))
    });
    holds("write to", &Kind::Email, |dice| Some(format!("u{}.x@h{}.example", dice.below(999), dice.below(99))));
    holds("host", &Kind::Ip, |dice| {
        Some(format!("{}.{}.{}.{}", 100 + dice.below(100), dice.below(256), dice.below(256), dice.below(256)))
    });
}

#[test]
fn numbers_of_countries() {
    holds("NIR", &Kind::Id, |dice| {
        let body = [vec![1 + dice.below(2), 8, dice.below(10), 0, 1 + dice.below(9)], dice.digits(8)].concat();
        Some(format!("{}{:02}", join(&body), 97 - rest(&body, 97)))
    });
    holds("AHV", &Kind::Id, |dice| {
        let body = [vec![7, 5, 6], dice.digits(9)].concat();
        let total = sum(&body, &[1, 3, 1, 3, 1, 3, 1, 3, 1, 3, 1, 3]);
        Some(format!("{}{}", join(&body), (10 - total % 10) % 10))
    });
    holds("TFN", &Kind::Id, |dice| {
        let body = [vec![1], dice.digits(7)].concat();
        let total = sum(&body, &[1, 4, 3, 7, 5, 8, 6, 9]);
        (0..10).find(|last| (total + last * 10).is_multiple_of(11)).map(|last| format!("{}{last}", join(&body)))
    });
    holds("NIF", &Kind::Id, |dice| {
        let body = [vec![2], dice.digits(7)].concat();
        let check = 11 - sum(&body, &[9, 8, 7, 6, 5, 4, 3, 2]) % 11;
        Some(format!("{}{}", join(&body), if check > 9 { 0 } else { check }))
    });
    holds("SIN", &Kind::Id, |dice| Some(luhn([vec![9, 1], dice.digits(6)].concat())));
    holds("registre national", &Kind::Id, |dice| {
        let body = [vec![8, 5, 0, 1 + dice.below(9), 1], dice.digits(4)].concat();
        Some(format!("{}{:02}", join(&body), 97 - rest(&body, 97)))
    });
    holds("kimlik", &Kind::Id, |dice| {
        let mut body = [vec![1 + dice.below(9)], dice.digits(8)].concat();
        let odd = sum(&body, &[7, 0, 7, 0, 7, 0, 7, 0, 7]);
        body.push((odd + 100 - sum(&body, &[0, 1, 0, 1, 0, 1, 0, 1])) % 10);
        body.push(body.iter().sum::<u64>() % 10);
        Some(join(&body))
    });
    holds("CNP", &Kind::Id, |dice| {
        let body = [vec![1, 8, 0, 0, 1, 0, 1], dice.digits(5)].concat();
        let check = sum(&body, &[2, 7, 9, 1, 4, 6, 3, 5, 8, 2, 7, 9]) % 11;
        Some(format!("{}{}", join(&body), if check == 10 { 1 } else { check }))
    });
    holds("south african id", &Kind::Id, |dice| Some(luhn([vec![8, 0, 0, 1, 0, 1], dice.digits(6)].concat())));
    holds("fødselsnummer", &Kind::Id, |dice| {
        let mut body = [vec![0, 1, 0, 1], dice.digits(5)].concat();
        body.push((11 - sum(&body, &[3, 7, 6, 1, 8, 9, 4, 5, 2]) % 11) % 11);
        body.push((11 - sum(&body, &[5, 4, 3, 2, 7, 6, 5, 4, 3, 2]) % 11) % 11);
        body.iter().all(|digit| *digit < 10).then(|| join(&body))
    });
    holds("company", &Kind::Id, |dice| {
        let mut body = [dice.digits(8), vec![0, 0, 0, 1]].concat();
        for weights in [&[5, 4, 3, 2, 9, 8, 7, 6, 5, 4, 3, 2][..], &[6, 5, 4, 3, 2, 9, 8, 7, 6, 5, 4, 3, 2]] {
            let left = sum(&body, weights) % 11;
            body.push(if left < 2 { 0 } else { 11 - left });
        }
        let all = join(&body);
        Some(format!("{}.{}.{}/{}-{}", &all[..2], &all[2..5], &all[5..8], &all[8..12], &all[12..]))
    });
}

/// Numbers that authorities publish as examples.
#[test]
fn published_examples() {
    let detector = Detector::new(&Options::default()).expect("the defaults compile");
    for text in [
        "CNPJ 11.222.333/0001-81",
        "AHV 756.9217.0769.85",
        "TFN 123456782",
        "kimlik 10000000146",
        "id number 8001015009087",
        "social insurance 046454286",
        "Aadhaar 999941057058",
    ] {
        assert_eq!(detector.text(text).first().map(|f| f.kind.clone()), Some(Kind::Id), "{text}");
    }
}
