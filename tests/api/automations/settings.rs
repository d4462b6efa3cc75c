//! What a person sets.

use super::{AUTOMATIONS, Stage, template};
use serde_json::{Value, json};

#[tokio::test]
async fn an_automation_is_made_read_changed_and_removed() {
    let stage = Stage::new().await;
    let made = stage.made(stage.welcome()).await;
    assert_eq!(
        (&made["safetyLockMinutes"], &made["isActive"], &made["quietHours"], &made["description"]),
        (&json!(5), &json!(true), &Value::Null, &Value::Null)
    );
    assert_eq!(made["exitOn"], json!(["converted", "won", "lost", "replied", "unsubscribed"]));
    let path = format!("{AUTOMATIONS}/{}", made["id"].as_str().unwrap());
    let read = stage.client.get(&path).await;
    let tag = read.header("etag").unwrap().to_owned();
    assert_eq!(read.expect(200), made);
    let quiet = json!({"from": "21:00", "to": "08:00", "timeZone": "lead"});
    let steps = json!([made["steps"][1], made["steps"][0]]);
    let change = json!({"name": "  Later  ", "description": "For all", "quietHours": quiet, "exitOn": [],
        "safetyLockMinutes": 0, "steps": steps});
    let matching = stage.client.with("if-match", &tag);
    let changed = matching.patch(&path, change).await.expect(200);
    assert_eq!((&changed["name"], &changed["description"]), (&json!("Later"), &json!("For all")));
    assert_eq!((&changed["quietHours"], &changed["exitOn"]), (&quiet, &json!([])));
    assert_eq!(changed["steps"], steps, "steps keep their ids");
    assert_eq!(matching.patch(&path, json!({"name": "Stale"})).await.status, 412);
    assert_eq!(matching.delete(&path).await.status, 412);
    let cleared =
        json!({"quietHours": null, "exitOn": null, "safetyLockMinutes": null, "description": null});
    let cleared = stage.client.patch(&path, cleared).await.expect(200);
    assert_eq!(cleared["exitOn"].as_array().unwrap().len(), 5);
    assert_eq!((&cleared["safetyLockMinutes"], &cleared["quietHours"]), (&json!(5), &Value::Null));
    stage.client.delete(&path).await.expect(204);
    assert_eq!(stage.client.get(&path).await.status, 404);
}

#[tokio::test]
async fn lists_are_filtered() {
    let stage = Stage::new().await;
    let one = stage.made(stage.welcome()).await;
    let two = stage.with(json!([stage.text(0)]), json!({"isActive": false})).await;
    let ids = async |path: String| {
        let list = stage.client.get(&path).await.expect(200);
        let data = list["data"].as_array().unwrap().clone();
        data.into_iter().map(|automation| automation["id"].clone()).collect::<Vec<_>>()
    };
    let (one, two) = (one["id"].clone(), two["id"].clone());
    assert_eq!(ids(AUTOMATIONS.into()).await, [one.clone(), two.clone()]);
    assert_eq!(ids(format!("{AUTOMATIONS}?isActive=false")).await, std::slice::from_ref(&two));
    assert_eq!(ids(format!("{AUTOMATIONS}?search=WELCOME")).await, [one]);
    let webhook = stage.webhook["id"].as_str().unwrap();
    assert_eq!(ids(format!("{AUTOMATIONS}?webhookSourceId={webhook}&limit=1&page=2")).await, [two]);
    let (_, fields) =
        stage.client.get(&format!("{AUTOMATIONS}?isActive=maybe&x=1")).await.refusal();
    assert_eq!(fields.len(), 2, "{fields:?}");
}

#[tokio::test]
async fn each_fault_names_its_step_and_field() {
    let stage = Stage::new().await;
    let draft = template(&stage.client, "sms", "draft").await;
    let nothing = leads::platform::ids::fresh(stage.server.clock.now()).to_string();
    let base = stage.welcome();
    let cases: Vec<(&str, Value, &str, &str)> = vec![
        ("/name", json!(" "), "name", "required"),
        ("/webhookSourceId", json!(nothing), "webhookSourceId", "unknown_webhook"),
        ("/webhookSourceId", Value::Null, "webhookSourceId", "required"),
        ("/safetyLockMinutes", json!(-1), "safetyLockMinutes", "out_of_range"),
        ("/steps", json!([]), "steps", "required"),
        ("/steps/1/templateId", json!(nothing), "steps.1.templateId", "unknown_template"),
        ("/steps/1/templateId", draft["id"].clone(), "steps.1.templateId", "other_channel"),
        ("/steps/0/templateId", stage.sms["id"].clone(), "steps.0.templateId", "other_channel"),
        (
            "/steps/0/fallback/templateId",
            draft["id"].clone(),
            "steps.0.fallback.templateId",
            "not_approved",
        ),
        (
            "/steps/0/fallback/channel",
            json!("whatsapp"),
            "steps.0.fallback.channel",
            "same_channel",
        ),
        ("/steps/1/delayMinutes", json!(43_201), "steps.1.delayMinutes", "out_of_range"),
        ("/steps/1/notDeliveredMinutes", json!(0), "steps.1.notDeliveredMinutes", "out_of_range"),
        (
            "/steps/1/conditions",
            json!([{"field": "shoe", "operator": "exists"}]),
            "steps.1.conditions.0.field",
            "unknown_field",
        ),
        (
            "/steps/1/conditions",
            json!([{"field": "tag", "operator": "equals"}]),
            "steps.1.conditions.0.value",
            "required",
        ),
        (
            "/quietHours",
            json!({"from": "25:00", "to": "08:00", "timeZone": "lead"}),
            "quietHours.from",
            "invalid_time",
        ),
        (
            "/quietHours",
            json!({"from": "08:00", "to": "08:00", "timeZone": "lead"}),
            "quietHours.to",
            "same_time",
        ),
    ];
    for (place, value, field, code) in cases {
        let mut new = base.clone();
        let (parent, name) = place.rsplit_once('/').unwrap();
        new.pointer_mut(parent).unwrap()[name] = value;
        let answer = stage.client.post(AUTOMATIONS, new).await;
        assert_eq!(answer.status, 422, "{place}: {answer:?}");
        let (_, fields) = answer.refusal();
        assert!(fields.contains(&(field.into(), code.into())), "{place}: {fields:?}");
    }
    let mut new = base.clone();
    new["steps"][0]["colour"] = json!("red");
    assert_eq!(stage.client.post(AUTOMATIONS, new).await.status, 422, "an unknown property");
    assert_eq!(stage.client.get(AUTOMATIONS).await.expect(200)["total"], 0, "nothing was made");
    // A template that was withdrawn must not stop somebody from switching it off.
    let made = stage.made(base).await;
    let path = format!("/v1/broadcast/templates/{}", stage.email["id"].as_str().unwrap());
    stage.client.patch(&path, json!({"status": "draft"})).await.expect(200);
    assert_eq!(stage.change(&made, json!({"isActive": false})).await["isActive"], false);
    let path = format!("{AUTOMATIONS}/{}", made["id"].as_str().unwrap());
    let answer = stage.client.patch(&path, json!({"name": "Other"})).await;
    assert_eq!(answer.refusal().1, [("steps.1.templateId".into(), "not_approved".into())]);
}

#[tokio::test]
async fn a_repeated_request_makes_one() {
    let stage = Stage::new().await;
    let once = stage.client.with("idempotency-key", "make-it-once");
    let first = once.post(AUTOMATIONS, stage.welcome()).await.expect(201);
    let second = once.post(AUTOMATIONS, stage.welcome()).await.expect(201);
    assert_eq!(first["id"], second["id"]);
    assert_eq!(stage.client.get(AUTOMATIONS).await.expect(200)["total"], 1);
}
