//! Made-up people: names and companies of syllables, so that pieces of text are as rare as in real life.

/// A small generator of numbers: the same seed gives the same leads.
pub struct Dice(u64);

impl Dice {
    pub fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    pub fn roll(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 16
    }

    /// From 0 to below `end`.
    pub fn below(&mut self, end: usize) -> usize {
        (self.roll() % end.max(1) as u64) as usize
    }

    pub fn one_in(&mut self, n: usize) -> bool {
        self.below(n) == 0
    }

    pub fn pick<'a>(&mut self, from: &[&'a str]) -> &'a str {
        from[self.below(from.len())]
    }
}

const ONSETS: &[&str] = &[
    "b", "br", "c", "ch", "d", "dr", "f", "fl", "g", "gr", "h", "j", "k", "kl", "l", "m", "n", "p",
    "pr", "qu", "r", "s", "sh", "st", "t", "th", "tr", "v", "w", "y", "z", "",
];
const VOWELS: &[&str] = &["a", "e", "i", "o", "u", "ai", "ea", "io", "ou", "ie", "y"];
const CODAS: &[&str] = &[
    "", "", "", "n", "r", "l", "s", "t", "m", "nd", "rt", "ck", "x", "sen", "man", "son", "ley",
    "ton",
];

/// A word of so many syllables, in lower case.
pub fn word(dice: &mut Dice, syllables: usize) -> String {
    let mut word = String::new();
    for _ in 0..syllables {
        word.push_str(dice.pick(ONSETS));
        word.push_str(dice.pick(VOWELS));
        word.push_str(dice.pick(CODAS));
    }
    word
}

pub fn capital(word: &str) -> String {
    let mut chars = word.chars();
    chars.next().map(|first| first.to_uppercase().chain(chars).collect()).unwrap_or_default()
}

const DOMAINS: &[&str] =
    &["gmail.com", "gmail.com", "gmail.com", "outlook.com", "yahoo.com", "proton.me", "web.de"];
const COMPANY_ENDS: &[&str] = &["Ltd", "GmbH", "Inc", "Labs", "Group", "& Sons", "SA", "Studio"];
pub const TITLES: &[&str] = &[
    "Engineer",
    "Head of Sales",
    "CTO",
    "CEO",
    "Buyer",
    "Office Manager",
    "Marketing Lead",
    "Designer",
    "Founder",
    "Accountant",
    "Teacher",
    "Product Manager",
    "Consultant",
    "Owner",
];

/// Somebody.
pub struct Person {
    pub name: String,
    pub email: String,
    pub phone: String,
    pub company: Option<String>,
    pub title: Option<String>,
}

/// Somebody whom no other number gives: e-mail and phone are unique.
pub fn person(dice: &mut Dice, number: u64) -> Person {
    // First names repeat a lot, family names less, as they do.
    let first = word(&mut Dice::new(7 + (dice.below(40) * dice.below(40)) as u64), 2);
    let last = word(&mut Dice::new(100_000 + dice.below(60_000) as u64), 2);
    let company = (!dice.one_in(5)).then(|| company(dice));
    let domain = match &company {
        Some(company) if dice.one_in(2) => {
            let stem: String = company.chars().take_while(|c| c.is_alphanumeric()).collect();
            format!("{}.com", stem.to_lowercase())
        }
        _ => dice.pick(DOMAINS).to_owned(),
    };
    Person {
        email: format!("{first}.{last}{number}@{domain}"),
        name: format!("{} {}", capital(&first), capital(&last)),
        phone: phone(number),
        company,
        title: (!dice.one_in(4)).then(|| dice.pick(TITLES).to_owned()),
    }
}

fn company(dice: &mut Dice) -> String {
    let mut own = Dice::new(900_000 + (dice.below(200) * dice.below(200)) as u64);
    let name = capital(&word(&mut own, 2));
    format!("{name} {}", own.pick(COMPANY_ENDS))
}

const AREAS: &[u64] = &[415, 212, 312, 206, 617, 503, 702, 303, 512, 404];

/// A valid number of its own for each of the first 80 million.
pub fn phone(number: u64) -> String {
    let area = AREAS[(number % 10) as usize];
    let (exchange, line) = (200 + number / 10 / 10_000 % 800, number / 10 % 10_000);
    format!("+1 {area} {exchange} {line:04}")
}
