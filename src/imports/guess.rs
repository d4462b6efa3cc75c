//! What the columns of a file probably are, by the headers of the exports that people have and by what is in them.

use super::target::Target;
use super::world::World;
use crate::fields::cells;
use crate::fields::custom_fields::key_of;
use crate::leads::TableColumn;
use crate::platform::normalize::{digits, fold};
use std::collections::HashSet;

/// A column as it is guessed by.
pub struct Seen<'a> {
    /// Its name.
    pub name: &'a str,
    /// Some of its values; none when the whole column is empty.
    pub samples: &'a [String],
}

/// The headers that mean a target, folded and without anything but letters and digits, the surest first.
///
/// Gathered from exports of HubSpot, Salesforce, Pipedrive, Zoho, Google Contacts, Mailchimp, LinkedIn, Meta lead
/// ads, Outlook and from our own, and from what people write themselves.
const HEADERS: &[(Target, &[&str])] = &[
    (
        Target::Email,
        &[
            "email",
            "emailaddress",
            "email1value",
            "personemailwork",
            "personemail",
            "emailwork",
            "workemail",
            "businessemail",
            "primaryemail",
            "contactemail",
            "leademail",
            "youremail",
            "mail",
            "email1",
            "emailid",
            "personemailhome",
            "personemailother",
            "homeemail",
            "correo",
            "correoelectronico",
            "courriel",
            "adresseemail",
            "emailadresse",
            "mailadresse",
            "epost",
        ],
    ),
    (
        Target::Phone,
        &[
            "phone",
            "phonenumber",
            "mobilephonenumber",
            "phone1value",
            "mobile",
            "mobilephone",
            "personphonework",
            "personphonemobile",
            "personphone",
            "workphone",
            "businessphone",
            "primaryphone",
            "telephone",
            "tel",
            "cell",
            "cellphone",
            "contactphone",
            "leadphone",
            "yourphone",
            "phone1",
            "personphonehome",
            "homephone",
            "telefon",
            "telefonnummer",
            "handy",
            "mobil",
            "telefono",
            "whatsapp",
            "whatsappnumber",
        ],
    ),
    (
        Target::Name,
        &[
            "name",
            "fullname",
            "personname",
            "contactname",
            "leadname",
            "displayname",
            "fileas",
            "yourname",
            "clientname",
            "customername",
            "nombrecompleto",
            "nomcomplet",
            "vollername",
        ],
    ),
    (
        Target::FirstName,
        &[
            "firstname",
            "givenname",
            "personfirstname",
            "forename",
            "first",
            "vorname",
            "prenom",
            "nombre",
        ],
    ),
    (
        Target::LastName,
        &[
            "lastname",
            "familyname",
            "surname",
            "personlastname",
            "last",
            "nachname",
            "familienname",
            "nom",
            "apellido",
            "apellidos",
        ],
    ),
    (
        Target::Company,
        &[
            "company",
            "companyname",
            "companyaccount",
            "organization",
            "organizationname",
            "organization1name",
            "personorganization",
            "organisation",
            "accountname",
            "account",
            "associatedcompany",
            "business",
            "businessname",
            "employer",
            "leadorganization",
            "firma",
            "unternehmen",
            "entreprise",
            "societe",
            "empresa",
        ],
    ),
    (
        Target::Title,
        &[
            "jobtitle",
            "title",
            "position",
            "designation",
            "organizationtitle",
            "organization1title",
            "role",
            "personjobtitle",
            "persontitle",
            "job",
            "occupation",
            "berufsbezeichnung",
            "poste",
            "cargo",
        ],
    ),
    (
        Target::Tags,
        &[
            "tags",
            "tag",
            "labels",
            "label",
            "groupmembership",
            "personlabel",
            "leadlabel",
            "personlabels",
            "leadlabels",
        ],
    ),
    (Target::Score, &["score", "leadscore", "hubspotscore", "leadscoring"]),
];

/// Headers that mean a stage, a pipeline or a person only where what is below them is known here.
const STAGES: &[&str] = &[
    "stage",
    "stagename",
    "pipelinestage",
    "leadstage",
    "leadstatus",
    "dealstage",
    "status",
    "lifecyclestage",
];
const PIPELINES: &[&str] = &["pipeline", "pipelinename", "leadpipeline"];
const OWNERS: &[&str] = &[
    "owner",
    "owneremail",
    "contactowner",
    "leadowner",
    "leadowneremail",
    "personowner",
    "assignedto",
    "assignee",
    "salesowner",
    "accountowner",
];

/// What a file of rejected rows has before its own columns.
const REJECTED: &[&str] = &["importrow", "importproblem"];

/// Whether a file is an export of ours, possibly with some columns left out: then each heading tells its field, and
/// each cell of a custom field its value.
pub fn is_ours<'a>(names: impl Iterator<Item = &'a str>) -> bool {
    let plain = TableColumn::PLAIN.map(|column| column.heading());
    // Those that hardly anybody else has all of.
    let telling = &plain[TELLING];
    let all: HashSet<&str> = names.collect();
    telling.iter().filter(|name| all.contains(**name)).count() >= 5
}

/// Where the columns from `Source` to `Id` stand among those of an export.
const TELLING: std::ops::RangeFrom<usize> = 6..;

fn of_ours(name: &str) -> Target {
    let column = TableColumn::PLAIN.into_iter().find(|column| column.heading() == name);
    match column {
        Some(TableColumn::Name) => Target::Name,
        Some(TableColumn::Email) => Target::Email,
        Some(TableColumn::Phone) => Target::Phone,
        Some(TableColumn::Company) => Target::Company,
        Some(TableColumn::Title) => Target::Title,
        Some(TableColumn::Tags) => Target::Tags,
        Some(TableColumn::Score) => Target::Score,
        Some(TableColumn::Pipeline) => Target::Pipeline,
        Some(TableColumn::Stage) => Target::Stage,
        Some(TableColumn::AssignedTo) => Target::Owner,
        // When and how a lead came to be is a fact, and no wish.
        Some(_) => Target::Ignore,
        None if REJECTED.contains(&bare(name).as_str()) => Target::Ignore,
        None => Target::Custom(cells::of_heading(name).0),
    }
}

/// A guess for each column, in their order.
pub fn guess(columns: &[Seen], world: &World) -> Vec<Target> {
    if is_ours(columns.iter().map(|column| column.name)) {
        return columns.iter().map(|column| of_ours(column.name)).collect();
    }
    let bare: Vec<String> = columns.iter().map(|column| bare(column.name)).collect();
    let mut targets: Vec<Option<Target>> = vec![None; columns.len()];
    for (target, names) in HEADERS {
        let found = names.iter().find_map(|name| {
            let fits = |at: &usize| bare[*at] == *name && targets[*at].is_none();
            // Of several with that name, the one that has something.
            let all = || (0..columns.len()).filter(fits);
            all().find(|at| !columns[*at].samples.is_empty()).or_else(|| all().next())
        });
        if let Some(at) = found {
            targets[at] = Some(target.clone());
        }
    }
    for (at, column) in columns.iter().enumerate() {
        if targets[at].is_none() {
            targets[at] = by_values(column, &bare[at], world, &targets);
        }
    }
    // A whole name says it all; its parts are kept beside it.
    if targets.contains(&Some(Target::Name)) && has_values(columns, &targets, &Target::Name) {
        for target in &mut targets {
            if matches!(target, Some(Target::FirstName | Target::LastName)) {
                *target = None;
            }
        }
    } else if targets.contains(&Some(Target::FirstName))
        || targets.contains(&Some(Target::LastName))
    {
        for target in &mut targets {
            if *target == Some(Target::Name) {
                *target = None;
            }
        }
    }
    let mut keys = HashSet::new();
    let rest = |(at, target): (usize, Option<Target>)| {
        target.unwrap_or_else(|| {
            if columns[at].samples.is_empty() || REJECTED.contains(&bare[at].as_str()) {
                return Target::Ignore;
            }
            let key = key_of(columns[at].name);
            let further = (2..).map(|number| format!("{key}{number}"));
            let free =
                std::iter::once(key.clone()).chain(further).find(|key| keys.insert(key.clone()));
            Target::Custom(free.unwrap_or(key))
        })
    };
    targets.into_iter().enumerate().map(rest).collect()
}

fn has_values(columns: &[Seen], targets: &[Option<Target>], target: &Target) -> bool {
    let at = targets.iter().position(|found| found.as_ref() == Some(target));
    at.is_some_and(|at| !columns[at].samples.is_empty())
}

fn by_values(
    column: &Seen,
    bare: &str,
    world: &World,
    targets: &[Option<Target>],
) -> Option<Target> {
    let is_free = |target: &Target| !targets.contains(&Some(target.clone()));
    let any = |test: &dyn Fn(&str) -> bool| column.samples.iter().any(|sample| test(sample));
    let all = |test: &dyn Fn(&str) -> bool| !column.samples.is_empty() && !any(&|s| !test(s));
    if STAGES.contains(&bare) && is_free(&Target::Stage) && any(&|s| world.knows_stage(s)) {
        return Some(Target::Stage);
    }
    if PIPELINES.contains(&bare) && is_free(&Target::Pipeline) && any(&|s| world.knows_pipeline(s))
    {
        return Some(Target::Pipeline);
    }
    if OWNERS.contains(&bare) && is_free(&Target::Owner) && any(&|s| world.member(s).is_some()) {
        return Some(Target::Owner);
    }
    // A column without a telling name: its values tell.
    let nameless = bare.is_empty() || bare.strip_prefix("column").is_some_and(|n| digits(n) == n);
    if nameless && is_free(&Target::Email) && all(&|s| s.contains('@') && s.contains('.')) {
        return Some(Target::Email);
    }
    let is_phone = |sample: &str| {
        (7..=15).contains(&digits(sample).len())
            && sample.chars().all(|c| c.is_ascii_digit() || " +()-./".contains(c))
    };
    if nameless && is_free(&Target::Phone) && all(&is_phone) {
        return Some(Target::Phone);
    }
    let is_person = |s: &str| s.contains(' ') && !s.chars().any(|c| c.is_numeric() || c == '@');
    if nameless && is_free(&Target::Name) && is_free(&Target::FirstName) && all(&is_person) {
        return Some(Target::Name);
    }
    None
}

/// Whether a text is a header that means something.
pub fn is_header(text: &str) -> bool {
    let bare = bare(text);
    HEADERS.iter().any(|(_, names)| names.contains(&bare.as_str()))
}

/// A header's letters and digits, without case and accents.
pub fn bare(header: &str) -> String {
    fold(header).chars().filter(|c| c.is_alphanumeric()).collect()
}
