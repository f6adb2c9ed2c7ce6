//! The rows of google-drive's sheets.

use crate::made_up::{COMPANIES, MadeUp, day, email};
use serde_json::{Value, json};

/// Rows of the sheet of orders, unless another number is asked for.
pub(crate) const ORDERS: usize = 10_000;

/// The rows of a sheet, if there is such a sheet; so many orders.
pub(crate) fn rows(id: &str, many: usize) -> Option<Box<dyn Iterator<Item = Value>>> {
    match id {
        "orders" => Some(Box::new(orders(many))),
        "leads" => Some(Box::new(leads())),
        _ => None,
    }
}

/// How many rows to pass over and how many to take: `11:20` is the second ten; nothing is everything.
pub(crate) fn range(text: &str) -> Result<(usize, usize), String> {
    if text.is_empty() {
        return Ok((0, usize::MAX));
    }
    let (first, last) = text.split_once(':').unwrap_or((text, text));
    match (first.trim().parse::<usize>(), last.trim().parse::<usize>()) {
        (Ok(first), Ok(last)) if (1..=last).contains(&first) => Ok((first - 1, last - first + 1)),
        _ => Err(format!("no range {text:?}; write first and last row, such as 1:100")),
    }
}

fn orders(many: usize) -> impl Iterator<Item = Value> {
    const STATES: &[&str] =
        &["shipped", "shipped", "shipped", "delivered", "delivered", "cancelled", "returned", "pending"];
    let mut made_up = MadeUp::new(2);
    (1..=many).map(move |at| {
        json!({
            "orderId": format!("ORD{at:05}"),
            "customer": made_up.one_of(COMPANIES),
            "status": made_up.one_of(STATES),
            "amount": made_up.below(1_000_000) as f64 / 100.0,
            "date": day(made_up.below(336)),
        })
    })
}

fn leads() -> impl Iterator<Item = Value> {
    let mut made_up = MadeUp::new(3);
    (1..=200).map(move |at| {
        let name = made_up.person();
        json!({"salesforceId": format!("00Q{at:012}"), "email": email(&name, at), "name": name})
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_count_rows_from_one() {
        assert_eq!(range(""), Ok((0, usize::MAX)));
        assert_eq!(range("11:20"), Ok((10, 10)));
        assert_eq!(range("7"), Ok((6, 1)));
        for wrong in ["0:3", "5:4", "A1:B2", ":"] {
            assert!(range(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn sheets_have_the_rows_they_promise() {
        assert_eq!(rows("orders", ORDERS).unwrap().count(), 10_000);
        assert_eq!(rows("leads", 7).unwrap().count(), 200);
        assert!(rows("other", 7).is_none());
    }
}
