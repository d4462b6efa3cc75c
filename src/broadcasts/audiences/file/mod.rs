//! A CSV file as members: which column is what, and which rows cannot be taken.

mod reader;

pub use reader::Reader;

use super::people::Person;
use crate::fields::custom_fields::{Collector, key_of};
use crate::messaging::{Address, Channel};
use crate::platform::{Error, Result};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

/// The most bytes of a file.
pub const MAX_FILE: u64 = 64 * 1024 * 1024;
/// The most rows of a file.
pub const MAX_ROWS: u64 = 1_000_000;
/// How many rows are told of one by one.
const TOLD: usize = 200;
/// The longest value, in characters; what is longer is cut, as it could never stand in a message.
const LONGEST: usize = 2_000;

/// What a column is.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Column {
    Name,
    FirstName,
    LastName,
    Email,
    Phone,
    Company,
    Title,
    /// A custom field, by its heading.
    Custom(String),
}

impl Column {
    /// What a heading says, in the spellings that other programs export.
    fn of(heading: &str) -> Self {
        let plain: String =
            heading.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect();
        match plain.as_str() {
            "name" | "fullname" | "contactname" | "leadname" => Self::Name,
            "firstname" | "givenname" | "forename" => Self::FirstName,
            "lastname" | "surname" | "familyname" => Self::LastName,
            "email" | "emailaddress" | "mail" => Self::Email,
            "phone" | "phonenumber" | "mobile" | "mobilephone" | "telephone" | "tel" => Self::Phone,
            "company" | "companyname" | "organization" | "organisation" => Self::Company,
            "title" | "jobtitle" | "position" => Self::Title,
            _ => Self::Custom(heading.trim().to_owned()),
        }
    }
}

/// What became of a file.
#[derive(Debug, Clone, Default, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = AudienceFile)]
pub struct Taken {
    /// How many rows it has below its heading.
    #[schema(example = 1200)]
    pub rows: u64,
    /// How many became members.
    #[schema(example = 1188)]
    pub taken: u64,
    /// How many could not.
    #[schema(example = 12)]
    pub refused: u64,
    /// What was wrong with which row: the first 200 of them.
    pub told: Vec<Told>,
}

/// What was wrong with a row.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = AudienceFileRow)]
pub struct Told {
    /// The row; the heading is row 1.
    #[schema(example = 12)]
    pub row: u64,
    /// For programs: `ragged_row`, `no_address`, `bad_email` or `bad_phone`.
    #[schema(example = "no_address")]
    pub code: &'static str,
    /// For people.
    #[schema(example = "It has neither an e-mail address nor a phone number.")]
    pub message: String,
    /// Whether the row became a member all the same.
    pub is_taken: bool,
}

/// Turns records into members.
#[derive(Debug)]
pub struct Table {
    country: String,
    columns: Option<Vec<Column>>,
    /// What became of the file so far.
    pub outcome: Taken,
}

impl Table {
    /// For numbers of this country, unless they say another.
    pub fn new(country: &str) -> Self {
        Self { country: country.to_owned(), columns: None, outcome: Taken::default() }
    }

    /// Takes a record: the heading first, then a member from each row that can be one.
    ///
    /// # Errors
    /// 422 for a heading without any address, and for too many rows.
    pub fn take(&mut self, number: u64, cells: Vec<String>) -> Result<Option<(u64, Person)>> {
        let Some(columns) = &self.columns else {
            let columns: Vec<Column> = cells.iter().map(|cell| Column::of(cell)).collect();
            if !columns.iter().any(|one| matches!(one, Column::Email | Column::Phone)) {
                let message = "The first row must name a column Email or Phone.";
                return Err(Error::invalid("file", "no_address_column", message));
            }
            self.columns = Some(columns);
            return Ok(None);
        };
        self.outcome.rows += 1;
        if self.outcome.rows > MAX_ROWS {
            return Err(Error::invalid("file", "too_many_rows", "At most 1,000,000 rows."));
        }
        let extra = cells.iter().skip(columns.len()).any(|cell| !cell.trim().is_empty());
        if cells.len() < columns.len() || extra {
            let message =
                format!("It has {} cells, the heading has {}.", cells.len(), columns.len());
            self.tell(number, "ragged_row", message, false);
            return Ok(None);
        }
        let person = person(columns, cells);
        let email = self.is_address(Channel::Email, person.email.as_deref());
        let phone = self.is_address(Channel::Sms, person.phone.as_deref());
        let is_taken = email == Some(true) || phone == Some(true);
        if email == Some(false) {
            let message = format!("{} is not an e-mail address.", shown(&person.email));
            self.tell(number, "bad_email", message, is_taken);
        }
        if phone == Some(false) {
            let message = format!("{} is not a phone number.", shown(&person.phone));
            self.tell(number, "bad_phone", message, is_taken);
        }
        if (email, phone) == (None, None) {
            let message = "It has neither an e-mail address nor a phone number.".to_owned();
            self.tell(number, "no_address", message, false);
        }
        if !is_taken {
            self.outcome.refused = self.outcome.rows - self.outcome.taken;
            return Ok(None);
        }
        self.outcome.taken += 1;
        Ok(Some((number, person)))
    }

    /// Whether what is written is an address; `None` when nothing is.
    fn is_address(&self, channel: Channel, written: Option<&str>) -> Option<bool> {
        written.map(|written| Address::of(channel, written, &self.country).is_some())
    }

    fn tell(&mut self, row: u64, code: &'static str, message: String, is_taken: bool) {
        if !is_taken {
            self.outcome.refused = self.outcome.rows - self.outcome.taken;
        }
        if self.outcome.told.len() < TOLD {
            self.outcome.told.push(Told { row, code, message, is_taken });
        }
    }
}

/// A piece of what was written, for a message about it.
fn shown(written: &Option<String>) -> String {
    let text = written.as_deref().unwrap_or_default();
    let cut: String = text.chars().take(60).collect();
    if cut.len() < text.len() { format!("“{cut}…”") } else { format!("“{cut}”") }
}

fn person(columns: &[Column], cells: Vec<String>) -> Person {
    let mut person = Person::default();
    let (mut first, mut last) = (String::new(), String::new());
    let mut custom = Collector::with_capacity(0);
    for (column, cell) in columns.iter().zip(cells) {
        let text: String = cell.trim().chars().take(LONGEST).collect();
        if text.is_empty() {
            continue;
        }
        let line = || text.split_whitespace().collect::<Vec<_>>().join(" ");
        match column {
            Column::Name => person.name = line(),
            Column::FirstName => first = line(),
            Column::LastName => last = line(),
            Column::Email => person.email = person.email.or(Some(text)),
            Column::Phone => person.phone = person.phone.or(Some(text)),
            Column::Company => person.company = person.company.or_else(|| Some(line())),
            Column::Title => person.title = person.title.or_else(|| Some(line())),
            Column::Custom(heading) => {
                let key = key_of(heading);
                custom.add_as(&key, heading, Value::String(text));
            }
        }
    }
    person.custom_fields = custom.finish();
    let parts = [person.name.as_str(), first.as_str(), last.as_str()];
    if person.name.is_empty() {
        person.name = parts.join(" ").split_whitespace().collect::<Vec<_>>().join(" ");
    }
    if person.name.is_empty() {
        person.name = person.email.clone().or_else(|| person.phone.clone()).unwrap_or_default();
    }
    person
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(text: &str) -> (Vec<(u64, Person)>, Taken) {
        let mut table = Table::new("US");
        let mut people = Vec::new();
        let mut reader = Reader::default();
        let mut take = |number, cells| {
            people.extend(table.take(number, cells)?);
            Ok(())
        };
        reader.push(text.as_bytes(), &mut take).unwrap();
        reader.end(&mut take).unwrap();
        (people, table.outcome)
    }

    #[test]
    fn columns_are_known_by_their_headings_and_the_rest_are_custom_fields() {
        let (people, outcome) = table(
            "First Name,Last Name,E-Mail,Mobile,Annual Revenue\nGrace,Hopper,grace@example.com,,5k\n",
        );
        let (row, grace) = &people[0];
        assert_eq!((*row, grace.name.as_str()), (2, "Grace Hopper"));
        assert_eq!(grace.email.as_deref(), Some("grace@example.com"));
        assert_eq!(grace.custom_fields["annualRevenue"], "5k");
        assert_eq!(grace.custom_fields["_displayNames"]["annualRevenue"], "Annual Revenue");
        assert_eq!((outcome.rows, outcome.taken, outcome.refused), (1, 1, 0));
    }

    #[test]
    fn each_row_that_cannot_be_taken_is_told_by_its_number() {
        let (people, outcome) = table(
            "name,email,phone\nA,a@example.com,\nB,nonsense,\nC,,12\nD,nonsense,+14155552671\nE\nF,,\nG,g@example.com,,\n",
        );
        let names: Vec<&str> = people.iter().map(|(_, person)| person.name.as_str()).collect();
        assert_eq!(names, ["A", "D", "G"]);
        let told: Vec<_> =
            outcome.told.iter().map(|told| (told.row, told.code, told.is_taken)).collect();
        assert_eq!(
            told,
            [
                (3, "bad_email", false),
                (4, "bad_phone", false),
                (5, "bad_email", true),
                (6, "ragged_row", false),
                (7, "no_address", false),
            ]
        );
        assert_eq!((outcome.rows, outcome.taken, outcome.refused), (7, 3, 4));
    }

    #[test]
    fn a_heading_without_addresses_is_refused() {
        let refused = Table::new("US").take(1, vec!["name".into(), "city".into()]);
        assert!(
            matches!(refused, Err(Error::Invalid(faults)) if faults[0].code == "no_address_column")
        );
    }
}
