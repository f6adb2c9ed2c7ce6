//! What the holder of a principal's token sees: in a browser, and asked for by hand.

use super::{Served, id, served};
use crate::support::Place;
use serde_json::{Value, json};

#[test]
fn the_token_of_a_principal_shows_its_executions_and_nothing_else() {
    let place = Place::with(&["crm"]);
    let token = place.ok(&["token", "create", "--principal", "alice", "--name", "console"]);
    let token = token.trim();
    let served = served(&place);
    let others = id(served.program("return await crm.getCustomer({ id: 'cust_0001' });"));
    let own = served.begun(token, "// of alice\nreturn await crm.getCustomer({ id: 'cust_0002' });", 50);
    let own = id(own);
    served.walk("principal", token);
    let seen = Visitor::enter(&served, token);
    for what in ["execution", "calls", "events"] {
        assert_eq!(seen.look(&format!("{what}?id={own}")).0, 200, "{what}");
        let (status, told) = seen.look(&format!("{what}?id={others}"));
        assert_eq!((status, &told["error"]["code"]), (404, &json!("unknown_execution")), "{what}: {told}");
    }
    assert_eq!(seen.look(&format!("call?id={own}&number=1")).0, 200);
    assert_eq!(seen.look(&format!("call?id={others}&number=1")).0, 404);
    let (_, listed) = seen.look("executions?principal=http");
    let ids: Vec<_> = listed["rows"].as_array().unwrap().iter().map(|row| row["id"].as_str().unwrap()).collect();
    assert_eq!(ids, [own.as_str()], "a filter does not widen what is shown");
    for what in ["approvals", "servers", "tools", "skills", "policy", "figures", "audit", "audit_check"] {
        assert_eq!(seen.look(what).0, 403, "{what}");
    }
    let listed: Value = serde_json::from_str(&place.ok(&["token", "list", "--json"])).unwrap();
    place.ok(&["token", "revoke", listed[0]["id"].as_str().unwrap()]);
    assert_eq!(seen.look("executions").0, 401, "revoked");
}

/// Somebody who is logged in, without a browser.
struct Visitor<'s> {
    served: &'s Served,
    cookie: String,
    token: String,
}

impl<'s> Visitor<'s> {
    fn enter(served: &'s Served, token: &str) -> Self {
        let body = json!({"token": token}).to_string();
        let request = reqwest::Client::new().post(format!("{}/console/api/login", served.address)).body(body);
        let (_, cookie, body) = answered(request);
        let cookie = cookie.unwrap().split(';').next().unwrap().to_owned();
        Self { served, cookie, token: body["token"].as_str().unwrap().to_owned() }
    }

    fn look(&self, what: &str) -> (u16, Value) {
        let request = reqwest::Client::new().get(format!("{}/console/api/look/{what}", self.served.address));
        let request = request.header("cookie", &self.cookie).header("x-outboard-console", &self.token);
        let (status, _, body) = answered(request);
        (status, body)
    }
}

/// The status, the cookie that was set, and the body.
fn answered(request: reqwest::RequestBuilder) -> (u16, Option<String>, Value) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let response = request.send().await.unwrap();
        let cookie = response.headers().get("set-cookie").map(|value| value.to_str().unwrap().to_owned());
        let (status, body) = (response.status().as_u16(), response.text().await.unwrap());
        (status, cookie, serde_json::from_str(&body).unwrap_or_else(|_| panic!("{body}")))
    })
}
