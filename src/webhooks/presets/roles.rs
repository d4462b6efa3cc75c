//! What a question asks for, told by its words.

use crate::webhooks::fields::Role;
use crate::webhooks::target::Core;

const POLITE: &[&str] = &[
    "what is your ",
    "what s your ",
    "whats your ",
    "please enter your ",
    "please provide your ",
    "please share your ",
    "enter your ",
    "your ",
    "my ",
    "ihre ",
    "ihr ",
    "votre ",
    "su ",
    "tu ",
    "contact ",
    "work ",
    "business ",
    "primary ",
    "customer ",
];

const WORDS: &[(Role, &[&str])] = &[
    (
        Role::Core(Core::Name),
        &[
            "name",
            "full name",
            "fullname",
            "first and last name",
            "first name and last name",
            "first last name",
            "name and surname",
            "complete name",
            "nom complet",
            "nom et prénom",
            "nombre completo",
            "nombre y apellido",
            "nombre y apellidos",
            "nome completo",
            "nome e cognome",
            "vollständiger name",
            "vor und nachname",
            "имя",
            "имя и фамилия",
            "имя фамилия",
            "фио",
            "姓名",
            "お名前",
            "氏名",
            "名前",
        ],
    ),
    (
        Role::GivenName,
        &[
            "first name",
            "firstname",
            "given name",
            "givenname",
            "forename",
            "name first",
            "vorname",
            "prénom",
            "prenom",
            "nombre",
            "nome",
            "voornaam",
            "imię",
            "förnamn",
        ],
    ),
    (
        Role::FamilyName,
        &[
            "last name",
            "lastname",
            "surname",
            "family name",
            "familyname",
            "name last",
            "nachname",
            "nom de famille",
            "apellido",
            "apellidos",
            "cognome",
            "sobrenome",
            "achternaam",
            "nazwisko",
            "efternamn",
            "фамилия",
        ],
    ),
    (
        Role::Core(Core::Email),
        &[
            "email",
            "e mail",
            "email address",
            "e mail address",
            "emailaddress",
            "company email",
            "mail",
            "e mail adresse",
            "adresse e mail",
            "adresse email",
            "courriel",
            "correo",
            "correo electrónico",
            "correo electronico",
            "indirizzo email",
            "почта",
            "электронная почта",
            "メールアドレス",
            "电子邮件",
            "邮箱",
        ],
    ),
    (
        Role::Core(Core::Phone),
        &[
            "phone",
            "phone number",
            "phonenumber",
            "mobile",
            "mobile number",
            "mobile phone",
            "mobile phone number",
            "cell",
            "cell phone",
            "cell number",
            "telephone",
            "telephone number",
            "tel",
            "tel number",
            "number phone",
            "contact number",
            "telefon",
            "telefonnummer",
            "handynummer",
            "mobilnummer",
            "téléphone",
            "telephone portable",
            "numéro de téléphone",
            "teléfono",
            "número de teléfono",
            "telefono",
            "numero di telefono",
            "telefone",
            "телефон",
            "номер телефона",
            "電話番号",
            "电话",
            "whatsapp",
            "whatsapp number",
        ],
    ),
    (
        Role::Core(Core::Company),
        &[
            "company",
            "company name",
            "companyname",
            "organization",
            "organisation",
            "organization name",
            "organisation name",
            "business",
            "business name",
            "name of company",
            "employer",
            "firma",
            "firmenname",
            "unternehmen",
            "entreprise",
            "société",
            "empresa",
            "nombre de la empresa",
            "azienda",
            "компания",
            "会社名",
            "公司",
        ],
    ),
    (
        Role::Core(Core::Title),
        &[
            "title",
            "job title",
            "jobtitle",
            "job",
            "job role",
            "position",
            "job position",
            "berufsbezeichnung",
            "fonction",
            "poste",
            "cargo",
            "puesto",
            "должность",
            "役職",
        ],
    ),
];

/// The role of an answer by its question: `What's your e-mail?` asks for the
/// e-mail, `How many names?` for nothing known. Only whole phrases count.
pub fn role_of(question: &str) -> Option<Role> {
    if question.len() > 120 {
        return None;
    }
    let words: Vec<String> = split_camel(question)
        .to_lowercase()
        .split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(str::to_owned)
        .collect();
    let mut phrase = words.join(" ");
    loop {
        if let Some((role, _)) = WORDS.iter().find(|(_, known)| known.contains(&phrase.as_str())) {
            return Some(*role);
        }
        let shorter = POLITE.iter().find_map(|polite| phrase.strip_prefix(polite))?;
        phrase = shorter.to_owned();
    }
}

/// `phoneNumber` to `phone Number`, so that names and questions read alike.
pub fn split_camel(name: &str) -> String {
    let mut out = String::with_capacity(name.len() + 8);
    let mut before_lower = false;
    for c in name.chars() {
        if before_lower && c.is_uppercase() {
            out.push(' ');
        }
        before_lower = c.is_lowercase() || c.is_ascii_digit();
        out.push(c);
    }
    out
}

/// A readable name for a technical one: `phoneNumber` and `PHONE_NUMBER` both
/// give `Phone Number`.
pub fn readable(name: &str) -> String {
    let spaced = split_camel(name).replace(['_', '-', '.'], " ");
    let words: Vec<String> = spaced
        .split_whitespace()
        .map(|word| {
            let rest: String = word.chars().skip(1).collect();
            let shouted = !word.chars().any(char::is_lowercase);
            let rest = if shouted { rest.to_lowercase() } else { rest };
            word.chars().take(1).flat_map(char::to_uppercase).collect::<String>() + &rest
        })
        .collect();
    words.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn questions_are_understood_as_a_whole() {
        let name = Some(Role::Core(Core::Name));
        let email = Some(Role::Core(Core::Email));
        let phone = Some(Role::Core(Core::Phone));
        let company = Some(Role::Core(Core::Company));
        for (question, role) in [
            ("What's your name?", name),
            ("Full Name *", name),
            ("full_name", name),
            ("First name", Some(Role::GivenName)),
            ("FIRST_NAME", Some(Role::GivenName)),
            ("firstName", Some(Role::GivenName)),
            ("Nachname", Some(Role::FamilyName)),
            ("E-Mail", email),
            ("Your work email:", email),
            ("Business name", company),
            ("phoneNumber", phone),
            ("Téléphone", phone),
            ("会社名", company),
            ("Job Title", Some(Role::Core(Core::Title))),
            ("What is your pet's name?", None),
            ("How did you hear about our company?", None),
            ("Do you like e-mail?", None),
            ("", None),
            ("your", None),
        ] {
            assert_eq!(role_of(question), role, "{question}");
        }
        assert_eq!(readable("phoneNumber"), "Phone Number");
        assert_eq!(readable("POSTAL_CODE"), "Postal Code");
    }
}
