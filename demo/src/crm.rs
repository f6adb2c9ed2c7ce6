//! crm: customers with private data.

use crate::made_up::{CITIES, COMPANIES, MadeUp, day, email};
use crate::tool::{Answer, Effect, Server, count, given, number, text, tool};
use serde_json::{Value, json};
use std::cell::RefCell;
use std::rc::Rc;

pub(crate) fn server() -> Result<Server, String> {
    let customers = Rc::new(RefCell::new(made(crate::size("OUTBOARD_DEMO_CUSTOMERS", 1_000, 1_000_000)?)));
    let (all, one, changed, noted) = (customers.clone(), customers.clone(), customers.clone(), customers);
    let id = || ("id", text("The customer's id, such as cust_0001"), true);
    let tools = vec![
        tool(
            "get_all_customers",
            "Lists customers with contact data, in the order of their ids.",
            Effect::Reads,
            &[
                ("after_id", text("Start after this id"), false),
                ("limit", number("At most so many; all without it"), false),
            ],
            None,
            move |arguments| {
                let after = given(arguments, "after_id").to_owned();
                let all = all.borrow();
                let rest = all.iter().filter(|customer| customer["id"].as_str() > Some(after.as_str()));
                Ok(Answer::Json(json!(rest.take(count(arguments, "limit", u64::MAX)).collect::<Vec<_>>())))
            },
        ),
        tool("get_customer", "Reads one customer.", Effect::Reads, &[id()], None, move |arguments| {
            find(&mut one.borrow_mut(), arguments).map(|customer| Answer::Json(customer.clone()))
        }),
        tool(
            "update_customer",
            "Changes fields of a customer.",
            Effect::Sets,
            &[id(), ("data", json!({"type": "object", "description": "Fields and new values"}), true)],
            None,
            move |arguments| {
                let mut all = changed.borrow_mut();
                let customer = find(&mut all, arguments)?;
                for (field, value) in arguments["data"].as_object().into_iter().flatten() {
                    customer[field] = value.clone();
                }
                Ok(Answer::Json(customer.clone()))
            },
        ),
        tool(
            "add_note",
            "Adds a note to a customer.",
            Effect::Writes,
            &[id(), ("note", text("The note"), true)],
            None,
            move |arguments| {
                let mut all = noted.borrow_mut();
                let customer = find(&mut all, arguments)?;
                let note = arguments["note"].clone();
                let notes = customer["notes"].as_array_mut().ok_or("this customer takes no notes")?;
                notes.push(note);
                Ok(Answer::Text(format!("note {} added", notes.len())))
            },
        ),
    ];
    Ok(Server { name: "crm", title: "Customers", tools })
}

fn find<'a>(all: &'a mut [Value], arguments: &Value) -> Result<&'a mut Value, String> {
    let id = given(arguments, "id");
    let last = all.len();
    all.iter_mut()
        .find(|customer| customer["id"] == id)
        .ok_or_else(|| format!("no customer {id:?}; ids run from cust_0001 to cust_{last:04}"))
}

fn made(customers: usize) -> Vec<Value> {
    let mut made_up = MadeUp::new(6);
    (1..=customers)
        .map(|at| {
            let name = made_up.person();
            json!({
                "id": format!("cust_{at:04}"),
                "email": email(&name, at),
                "name": name,
                "phone": format!("+44 20 {:08}", made_up.below(100_000_000)),
                "iban": format!("DE{:02}{:018}", 10 + made_up.below(89), made_up.below(u64::MAX >> 34)),
                "address": {"street": format!("{} Harbour Street", 1 + made_up.below(200)), "city": made_up.one_of(CITIES), "postcode": format!("{:05}", made_up.below(100_000))},
                "company": made_up.one_of(COMPANIES),
                "lastContact": day(made_up.below(336)),
                "notes": [],
            })
        })
        .collect()
}
