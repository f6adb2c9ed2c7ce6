//! Kinds of things that requests name: countries, months, currencies, languages.

/// Words for the kind of a well-known name; empty for others. Written as in English, capitals included.
pub(crate) fn of(name: &str) -> &'static [&'static str] {
    KINDS.iter().find(|(names, _)| names.binary_search(&name).is_ok()).map_or(&[], |(_, words)| *words)
}

/// Sorted names, and the words for what they are.
const KINDS: &[(&[&str], &[&str])] =
    &[(COUNTRIES, &["country"]), (DATES, &["date"]), (CURRENCIES, &["currency"]), (LANGUAGES, &["language"])];

/// The more populous countries; `Kingdom`, `Korea`, `States` stand for names of several words.
#[rustfmt::skip]
const COUNTRIES: &[&str] = &[
    "Afghanistan", "Algeria", "America", "Argentina", "Australia", "Austria", "Bangladesh",
    "Belgium", "Bolivia", "Brazil", "Bulgaria", "Cambodia", "Cameroon", "Canada", "Chile", "China",
    "Colombia", "Croatia", "Cuba", "Denmark", "Ecuador", "Egypt", "Estonia", "Ethiopia", "Finland",
    "France", "Germany", "Ghana", "Greece", "Guatemala", "Hungary", "Iceland", "India", "Indonesia",
    "Iran", "Iraq", "Ireland", "Israel", "Italy", "Japan", "Kazakhstan", "Kenya", "Kingdom",
    "Korea", "Kuwait", "Latvia", "Lebanon", "Libya", "Lithuania", "Luxembourg", "Malaysia",
    "Mexico", "Mongolia", "Morocco", "Myanmar", "Nepal", "Netherlands", "Nigeria", "Norway",
    "Pakistan", "Panama", "Paraguay", "Peru", "Philippines", "Poland", "Portugal", "Qatar",
    "Romania", "Russia", "Senegal", "Serbia", "Singapore", "Slovakia", "Slovenia", "Spain",
    "States", "Sudan", "Sweden", "Switzerland", "Syria", "Taiwan", "Tanzania", "Thailand",
    "Tunisia", "Turkey", "UAE", "UK", "USA", "Uganda", "Ukraine", "Uruguay", "Uzbekistan",
    "Venezuela", "Vietnam", "Yemen", "Zambia", "Zimbabwe",
];

/// Months and days of the week; `May` is too common a word.
#[rustfmt::skip]
const DATES: &[&str] = &[
    "April", "August", "December", "February", "Friday", "January", "July", "June", "March",
    "Monday", "November", "October", "Saturday", "September", "Sunday", "Thursday", "Tuesday",
    "Wednesday",
];

#[rustfmt::skip]
const CURRENCIES: &[&str] = &[
    "AUD", "BRL", "CAD", "CHF", "CNY", "CZK", "DKK", "EUR", "GBP", "HKD", "INR", "JPY", "KRW",
    "MXN", "NOK", "NZD", "PLN", "RUB", "SEK", "SGD", "TRY", "USD", "ZAR",
];

#[rustfmt::skip]
const LANGUAGES: &[&str] = &[
    "Arabic", "Chinese", "Dutch", "English", "French", "German", "Greek", "Hebrew", "Hindi",
    "Italian", "Japanese", "Korean", "Latin", "Mandarin", "Polish", "Portuguese", "Russian",
    "Spanish", "Swedish", "Turkish", "Ukrainian", "Vietnamese",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_list_is_sorted() {
        for (names, _) in KINDS {
            assert!(names.is_sorted(), "{names:?}");
        }
        assert_eq!(of("Japan"), ["country"]);
        assert_eq!(of("EUR"), ["currency"]);
        assert!(of("bread").is_empty());
    }
}
