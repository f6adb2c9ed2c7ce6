//! Signing in to servers, and issuers whose tokens let people in.

use crate::principals::Served;
use crate::support::Place;
use crate::web::{self, Answer, Asked, json_answer, status};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rcgen::PublicKeyData;
use serde_json::{Value, json};
use std::collections::HashMap;
use std::io::{BufRead, BufReader, Write};
use std::process::Stdio;
use std::sync::{Arc, Mutex};
use std::time::{SystemTime, UNIX_EPOCH};

/// A server that wants a sign-in, and who grants it, at one address.
#[derive(Default)]
struct Provider {
    /// Tokens that are good, by whom they were granted to.
    good: Mutex<HashMap<String, String>>,
    asked: Mutex<Vec<String>>,
    granted: Mutex<usize>,
    /// For how long tokens are good, in seconds.
    seconds: Mutex<u64>,
    devices: bool,
    /// Whether tokens are bound to a key; the proofs that were seen at the server.
    bound: bool,
    proofs: Mutex<Vec<Value>>,
}

impl Provider {
    fn start(self) -> (Arc<Self>, u16) {
        *self.seconds.lock().unwrap() = 3600;
        let (provider, at) = (Arc::new(self), Arc::new(Mutex::new(0)));
        let (this, port) = (provider.clone(), at.clone());
        let found = web::serve(move |asked| this.answer(asked, *port.lock().unwrap()));
        *at.lock().unwrap() = found;
        (provider, found)
    }

    fn answer(&self, asked: &Asked, port: u16) -> Answer {
        let here = format!("http://127.0.0.1:{port}");
        let path = asked.path.split('?').next().unwrap_or_default();
        self.asked.lock().unwrap().push(format!("{} {path} {}", asked.method, asked.body));
        match path {
            "/mcp" => self.mcp(asked, &here),
            "/.well-known/oauth-protected-resource/mcp" => {
                json_answer("200 OK", &json!({"resource": format!("{here}/mcp"), "authorization_servers": [here]}))
            }
            "/.well-known/oauth-authorization-server" => json_answer("200 OK", &self.metadata(&here)),
            "/register" => json_answer("201 Created", &json!({"client_id": "given"})),
            "/device" => json_answer(
                "200 OK",
                &json!({"device_code": "d", "user_code": "AB-CD", "verification_uri": format!("{here}/go"), "expires_in": 60, "interval": 1}),
            ),
            "/authorize" => {
                let fields = asked.fields();
                let iss = url::form_urlencoded::byte_serialize(here.as_bytes()).collect::<String>();
                let to = format!("{}?code=c&state={}&iss={iss}", fields["redirect_uri"], fields["state"]);
                ("302 Found", format!("Location: {to}\r\n"), String::new())
            }
            "/token" if self.bound && self.proof(asked)["nonce"] != "first" => {
                let more = "DPoP-Nonce: first\r\n".to_owned();
                ("400 Bad Request", more, json!({"error": "use_dpop_nonce"}).to_string())
            }
            "/token" => self.token(&asked.fields()),
            _ => json_answer("404 Not Found", &json!({})),
        }
    }

    fn metadata(&self, here: &str) -> Value {
        let mut metadata = json!({
            "issuer": here,
            "authorization_endpoint": format!("{here}/authorize"),
            "token_endpoint": format!("{here}/token"),
            "registration_endpoint": format!("{here}/register"),
            "code_challenge_methods_supported": ["S256"],
            "token_endpoint_auth_methods_supported": ["none", "client_secret_basic"],
            "authorization_response_iss_parameter_supported": true,
        });
        if self.bound {
            metadata["dpop_signing_alg_values_supported"] = json!(["ES256"]);
        }
        if self.devices {
            metadata["device_authorization_endpoint"] = json!(format!("{here}/device"));
        }
        metadata
    }

    fn mcp(&self, asked: &Asked, here: &str) -> Answer {
        let scheme = if self.bound { "DPoP" } else { "Bearer" };
        let token = asked.header("authorization").trim_start_matches(scheme).trim().to_owned();
        let (mut error, mut nonce) = ("", "");
        if let Some(who) = self.good.lock().unwrap().get(&token) {
            let proof = if self.bound { self.proof(asked) } else { json!({"nonce": "second"}) };
            if proof["nonce"] == "second" {
                self.proofs.lock().unwrap().push(proof);
                return web::mcp(asked, &format!("{who} with {token}"));
            }
            (error, nonce) = ("error=\"use_dpop_nonce\", ", "DPoP-Nonce: second\r\n");
        }
        let metadata = format!("resource_metadata=\"{here}/.well-known/oauth-protected-resource/mcp\"");
        ("401 Unauthorized", format!("WWW-Authenticate: {scheme} {error}{metadata}\r\n{nonce}"), "{}".into())
    }

    /// What a proof says whose signature fits the key that it shows.
    fn proof(&self, asked: &Asked) -> Value {
        let proof = asked.header("dpop");
        let Ok(header) = jsonwebtoken::decode_header(proof) else { return Value::Null };
        let key = jsonwebtoken::DecodingKey::from_jwk(&header.jwk.unwrap()).unwrap();
        let mut wanted = jsonwebtoken::Validation::new(jsonwebtoken::Algorithm::ES256);
        wanted.required_spec_claims.clear();
        jsonwebtoken::decode::<Value>(&proof, &key, &wanted).unwrap().claims
    }

    /// A new token for everybody who asks; the one before it is no longer good for them.
    fn token(&self, fields: &HashMap<String, String>) -> Answer {
        let mut granted = self.granted.lock().unwrap();
        *granted += 1;
        let who = match fields.get("refresh_token") {
            Some(refresh) => refresh.trim_end_matches("-refresh").to_owned(),
            None => format!("user-{granted}"),
        };
        let token = format!("access-token-{granted}");
        let mut good = self.good.lock().unwrap();
        good.retain(|_, other| *other != who);
        good.insert(token.clone(), who.clone());
        let seconds = *self.seconds.lock().unwrap();
        let kind = if self.bound { "DPoP" } else { "Bearer" };
        let answer = json!({"access_token": token, "token_type": kind, "expires_in": seconds, "refresh_token": format!("{who}-refresh")});
        json_answer("200 OK", &answer)
    }

    fn asked(&self, what: &str) -> usize {
        self.asked.lock().unwrap().iter().filter(|asked| asked.contains(what)).count()
    }
}

fn place(port: u16, more: &str) -> Place {
    let place = Place::with(&[]);
    place.settings(&format!("[servers.docs]\nurl = \"http://127.0.0.1:{port}/mcp\"\n{more}"));
    place
}

fn login(place: &Place, arguments: &[&str]) -> String {
    web::login(place, &[&["docs"], arguments].concat())
}

fn call(place: &Place) -> Result<String, String> {
    let output = place.run(&["call", "docs", "whoami", "{}"]);
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    if output.status.success() { Ok(text(&output.stdout)) } else { Err(text(&output.stderr)) }
}

fn standing(place: &Place) -> Value {
    let rows: Value = serde_json::from_str(&place.ok(&["list", "--refresh", "--json"])).unwrap();
    rows[0]["sign_in"].clone()
}

#[test]
fn a_person_signs_in_and_out_again() {
    let (provider, port) = Provider::default().start();
    let place = place(port, "");
    assert_eq!(standing(&place), "needs_sign_in");
    assert!(place.ok(&["list"]).contains("needs sign-in"));
    let told: Value = serde_json::from_str(&login(&place, &["--scope", "extra"])).unwrap();
    assert_eq!((&told["status"], &told["account"]), (&json!("signed_in"), &json!("default")));
    assert_eq!(standing(&place), "signed_in");
    assert!(place.ok(&["list"]).contains("signed in as default"));
    let said = call(&place).unwrap();
    assert!(said.contains("you are user-1"), "{said}");
    for name in std::fs::read_dir(place.path().join(".outboard")).unwrap() {
        let path = name.unwrap().path();
        if path.is_file() {
            let text = String::from_utf8_lossy(&std::fs::read(&path).unwrap()).into_owned();
            assert!(!text.contains("access-token-1") && !text.contains("user-1-refresh"), "{}", path.display());
        }
    }
    place.ok(&["logout", "docs"]);
    let refused = call(&place).unwrap_err();
    assert!(refused.contains("sign_in_needed") && refused.contains("outboard login docs"), "{refused}");
    assert!(place.ok(&["audit", "--json"]).contains("logout"));
    assert_eq!(provider.asked("POST /register"), 1);
}

#[test]
fn a_token_that_is_over_is_renewed_and_a_running_process_sees_a_new_sign_in() {
    let (provider, port) = Provider::default().start();
    let place = place(port, "");
    *provider.seconds.lock().unwrap() = 8;
    login(&place, &[]);
    *provider.seconds.lock().unwrap() = 3600;
    assert!(call(&place).unwrap().contains("you are user-1"), "renewed before it was sent");
    assert!(provider.asked("grant_type=refresh_token") > 0);
    let mut session = place.serve();
    let direct = json!({"tool": "docs.whoami", "arguments": {}});
    let (said, _) = session.tool("call_tool", direct.clone());
    assert!(said.contains("user-1") && said.contains("[SECRET:docs.access_token]"), "{said}");
    assert!(!said.contains("access-token-"), "no model reads a token: {said}");
    place.ok(&["logout", "docs"]);
    let (text, failed) = session.tool("call_tool", direct.clone());
    assert!(failed && text.contains("sign_in_needed") && text.contains("outboard login docs"), "{text}");
    login(&place, &[]);
    let (text, failed) = session.tool("call_tool", direct);
    assert!(!failed && text.contains("you are user-"), "{text}");
    session.end();
}

#[test]
fn accounts_and_principals_have_tokens_of_their_own() {
    let (_, port) = Provider::default().start();
    let place = place(port, "account = \"work\"\nper_principal = true\n");
    login(&place, &[]);
    login(&place, &["--account", "home"]);
    login(&place, &["--principal", "alice"]);
    assert!(call(&place).unwrap().contains("you are user-1"), "the account of the settings");
    let tokens = ["alice", "bob"].map(|name| {
        let made: Value = serde_json::from_str(&place.ok(&["token", "create", "--json", "--principal", name])).unwrap();
        made["token"].as_str().unwrap().to_owned()
    });
    let served = Served::start(&place);
    let whoami = |token: &str| served.tool(token, "call_tool", json!({"tool": "docs.whoami", "arguments": {}}));
    assert!(whoami(&tokens[0]).contains("you are user-3"), "{}", whoami(&tokens[0]));
    let refused = whoami(&tokens[1]);
    assert!(refused.contains("sign_in_needed") && refused.contains("--account work --principal bob"), "{refused}");
    assert!(whoami("operator").contains("you are user-1"));
}

#[test]
fn a_code_for_another_machine_and_a_secret_without_a_person() {
    let (_, port) = Provider { devices: true, ..Provider::default() }.start();
    let with_code = place(port, "");
    login(&with_code, &[]);
    assert!(call(&with_code).unwrap().contains("you are user-1"));
    let (provider, port) = Provider::default().start();
    let robot = place(
        port,
        &format!(
            "[servers.docs.oauth]\nissuer = \"http://127.0.0.1:{port}\"\nclient_id = \"robot\"\n\
             client_secret = \"s3cret-value\"\ngrant = \"client_credentials\"\nscopes = [\"all\"]\n\
             hosts = [\"tokens.example\"]\nclient_metadata = \"https://outboard.example/client.json\"\n"
        ),
    );
    assert!(call(&robot).unwrap().contains("you are user-1"), "nobody signed in");
    assert!(provider.asked("grant_type=client_credentials") > 0 && provider.asked("scope=all") > 0);
    assert_eq!(provider.asked("POST /register"), 0);
}

#[test]
fn a_token_that_is_bound_to_a_key_goes_with_a_proof_for_each_request() {
    let (provider, port) = Provider { bound: true, ..Provider::default() }.start();
    let place = place(port, "");
    login(&place, &[]);
    assert!(call(&place).unwrap().contains("you are user-1"));
    *provider.seconds.lock().unwrap() = 8;
    assert!(call(&place).unwrap().contains("you are user-1"), "another process, the same key");
    let proofs = provider.proofs.lock().unwrap();
    let all: std::collections::HashSet<&str> = proofs.iter().map(|proof| proof["jti"].as_str().unwrap()).collect();
    assert!(proofs.len() >= 4 && all.len() == proofs.len(), "never the same twice: {proofs:?}");
    assert!(
        proofs.iter().all(|proof| proof["ath"].is_string() && proof["htu"] == format!("http://127.0.0.1:{port}/mcp"))
    );
}

#[test]
fn a_token_of_the_platform_signs_in_and_an_identity_provider_exchanges_it_first() {
    let (provider, port) = Provider::default().start();
    let oauth = format!(
        "[servers.docs.oauth]\nissuer = \"http://127.0.0.1:{port}\"\nclient_id = \"robot\"\ngrant = \"jwt_bearer\"\n\
         assertion_file = \"token.jwt\"\n"
    );
    let place = place(port, &oauth);
    let refused = call(&place).unwrap_err();
    assert!(refused.contains("token.jwt") && refused.contains("oauth.assertion_file"), "{refused}");
    place.write("token.jwt", "head.body.signature\n");
    assert!(call(&place).unwrap().contains("you are user-1"), "nobody signed in");
    assert_eq!(provider.asked("assertion=head.body.signature"), 1);

    let company = web::serve(|asked| {
        let here = format!("http://{}", asked.header("host"));
        match asked.path.as_str() {
            "/token" => {
                let fields = asked.fields();
                let wanted = fields["subject_token"] == "head.body.signature" && fields["client_id"] == "us";
                let (kind, given) = ("urn:ietf:params:oauth:token-type:id-jag", if wanted { "a.grant.x" } else { "" });
                json_answer("200 OK", &json!({"access_token": given, "issued_token_type": kind, "token_type": "N_A"}))
            }
            path if path.ends_with("oauth-authorization-server") => {
                json_answer("200 OK", &json!({"issuer": here, "token_endpoint": format!("{here}/token")}))
            }
            _ => json_answer("404 Not Found", &json!({})),
        }
    });
    let exchange = format!("exchange_issuer = \"http://127.0.0.1:{company}\"\nexchange_client_id = \"us\"\n");
    let second = self::place(port, &format!("{oauth}{exchange}"));
    second.write("token.jwt", "head.body.signature\n");
    assert!(call(&second).unwrap().contains("you are user-2"));
    assert_eq!(provider.asked("assertion=a.grant.x"), 1);
}

#[test]
fn an_address_is_pasted_from_another_machine() {
    let (_, port) = Provider::default().start();
    let place = place(port, "");
    let mut command = place.command(&["login", "docs", "--no-browser"]);
    let mut child = command.stdin(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut told = BufReader::new(child.stderr.take().unwrap()).lines().map(|line| line.unwrap());
    let address = told.find(|line| line.starts_with("http")).unwrap();
    let (host, path) = address.strip_prefix("http://").unwrap().split_once('/').unwrap();
    let answer = web::send(host, &format!("GET /{path} HTTP/1.1"), "");
    let end = answer.lines().find_map(|line| line.strip_prefix("Location: ")).unwrap();
    writeln!(child.stdin.take().unwrap(), "{end}").unwrap();
    assert!(told.any(|line| line == "signed in to docs (default)"));
    assert!(child.wait().unwrap().success());
    assert!(call(&place).unwrap().contains("you are user-1"));
}

#[test]
fn a_browser_of_this_machine_is_opened() {
    let (_, port) = Provider::default().start();
    let place = place(port, "");
    let program = if cfg!(target_os = "macos") { "open" } else { "xdg-open" };
    place.write(program, "#!/bin/sh\necho \"$1\" > opened.part && mv opened.part opened\n");
    let script = place.path().join(program);
    std::fs::set_permissions(script, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    let path = format!("{}:{}", place.path().display(), std::env::var("PATH").unwrap());
    let mut child = place.command(&["login", "docs"]).env("PATH", path).stderr(Stdio::null()).spawn().unwrap();
    let opened = place.path().join("opened");
    place.wait_for(|| opened.exists());
    assert!(web::browse(std::fs::read_to_string(opened).unwrap().trim()).contains("can be closed"));
    assert!(child.wait().unwrap().success());
    assert!(call(&place).unwrap().contains("you are user-1"));
}

#[test]
fn what_cannot_be_signed_in_to_says_why() {
    let (_, port) = Provider::default().start();
    let place =
        place(port, "headers = { Authorization = \"Bearer fixed-token\" }\n[servers.local]\ncommand = \"true\"\n");
    for (name, why) in [("docs", "Authorization header"), ("local", "has no address"), ("nobody", "unknown_server")] {
        let (_, told) = place.fails(&["login", name]);
        assert!(told.contains(why), "{told}");
    }
    let evil = web::serve(|_| json_answer("200 OK", &json!({"resource": "https://evil.example/mcp"})));
    place.settings(&format!("[servers.docs]\nurl = \"http://127.0.0.1:{evil}/mcp\"\n"));
    let (code, told) = place.fails(&["login", "docs"]);
    assert!(code == 1 && told.contains("error[sign_in_refused]") && told.contains("(resource_mismatch)"), "{told}");
}

#[test]
fn an_issuer_of_the_settings_says_who_comes_in() {
    let pair = rcgen::KeyPair::generate_for(&rcgen::PKCS_ECDSA_P256_SHA256).unwrap();
    let point = pair.der_bytes();
    let key = json!({"kty": "EC", "crv": "P-256", "alg": "ES256", "kid": "k",
        "x": URL_SAFE_NO_PAD.encode(&point[1..33]), "y": URL_SAFE_NO_PAD.encode(&point[33..65])});
    let at = Arc::new(Mutex::new(0));
    let seen = at.clone();
    let issuer = web::serve(move |asked| {
        let here = format!("http://127.0.0.1:{}", seen.lock().unwrap());
        match asked.path.as_str() {
            "/keys" => json_answer("200 OK", &json!({"keys": [key]})),
            _ => json_answer("200 OK", &json!({"issuer": here, "jwks_uri": format!("{here}/keys")})),
        }
    });
    *at.lock().unwrap() = issuer;
    let issuer = format!("http://127.0.0.1:{issuer}");
    let place = Place::with(&["logs"]);
    let settings = std::fs::read_to_string(place.path().join("outboard.toml")).unwrap();
    place.settings(&format!(
        "[serve]\nhosts = [\"outboard.example\"]\n[serve.oauth]\nissuer = \"{issuer}\"\n\
         audience = \"https://outboard.example/mcp\"\nclaim = \"email\"\nscopes = [\"tools\"]\n{settings}"
    ));
    let served = Served::start(&place);
    let token = |audience: &str, scope: &str| {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
        let claims =
            json!({"iss": issuer, "aud": audience, "email": "ada@example.org", "exp": now + 600, "scope": scope});
        let header =
            jsonwebtoken::Header { kid: Some("k".into()), ..jsonwebtoken::Header::new(jsonwebtoken::Algorithm::ES256) };
        jsonwebtoken::encode(&header, &claims, &jsonwebtoken::EncodingKey::from_ec_der(&pair.serialize_der())).unwrap()
    };
    let us = "https://outboard.example/mcp";
    assert_eq!(served.status(&token(us, "tools")), 200);
    assert_eq!(served.status(&token("https://other.example/mcp", "tools")), 401);
    let list = json!({"jsonrpc": "2.0", "id": 1, "method": "tools/list"}).to_string();
    let lacking = served.send("POST", "/mcp", &token(us, "other"), "", &list);
    assert!(status(&lacking) == 403 && lacking.contains("error=\"insufficient_scope\", scope=\"tools\""), "{lacking}");
    let nobody = served.send("POST", "/mcp", "", "", &list);
    let place_of_metadata = "https://outboard.example/.well-known/oauth-protected-resource/mcp";
    assert!(
        status(&nobody) == 401 && nobody.contains(&format!("resource_metadata=\"{place_of_metadata}\"")),
        "{nobody}"
    );
    let metadata = served.send("GET", "/.well-known/oauth-protected-resource/mcp", "", "", "");
    let (_, body) = metadata.split_once("\r\n\r\n").unwrap();
    let metadata: Value = serde_json::from_str(body).unwrap();
    assert_eq!((&metadata["resource"], &metadata["authorization_servers"]), (&json!(us), &json!([issuer])));
    served.tool(&token(us, "tools"), "run_code", json!({"code": "1", "language": "python"}));
    assert!(place.ok(&["executions", "--json"]).contains("ada@example.org"), "the principal is whom the claim names");
    assert_eq!(served.status("operator"), 200, "the operator's token goes on");
}
