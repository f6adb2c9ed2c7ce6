//! Words of keys, column headers and labels, in the languages that forms are written in.

use std::collections::HashSet;
use std::sync::LazyLock;

pub(crate) type Words = LazyLock<HashSet<&'static str>>;

macro_rules! words {
    ($($(#[$doc:meta])* $name:ident = $text:literal;)*) => {
        $($(#[$doc])* pub(crate) static $name: Words = LazyLock::new(|| $text.split_whitespace().collect());)*
    };
}

words! {
    /// Telephone numbers.
    PHONE = "phone telephone tel mobile cell cellphone fax msisdn whatsapp telefon handy telefono teléfono téléphone
        telefone telefoon móvil celular cellulare mobil gsm telefonnummer telefoonnummer telefonu puhelin tlf portable
        phonenumber mobilephone landline телефон 电话 電話 전화";
    /// What only a record about a person has.
    PERSONAL = "email mail correo courriel birthday dob ssn gender birthdate passport geschlecht sexe sexo";
    /// Persons, and nothing else.
    HUMAN = "author assignee reporter employee patient manager attendee signer guardian spouse person student teacher
        passenger cardholder applicant candidate guest driver doctor nurse approver requester creator participant invitee
        landlord member beneficiary recipient holder accountholder tenant physician supervisor witness nominee spouse
        mother father caregiver therapist instructor speaker pasajero paciente patiente mitarbeiter ansprechpartner
        empleado dipendente medewerker pracownik pacjent";
    /// Persons, or companies and programs.
    PERSON = "owner sender contact customer client user subscriber lead buyer seller payer agent host kunde kundin klant
        klient cliente clienti asiakas kund zákazník destinataire empfänger auftraggeber titulaire gp";
    /// What makes a part of a name of `name`.
    PART = "first last full given family middle maiden legal birth nick display sur fore contact real";
    /// A name by itself.
    NAME = "surname firstname lastname fullname forename givenname familyname vorname nachname nom prénom prenom nombre
        apellido apellidos cognome nazwisko imię achternaam voornaam sobrenome efternamn förnamn fornavn etternavn efternavn
        etunimi sukunimi příjmení soyad soyadı фамилия 姓名 氏名 이름 성명";
    /// `name` in other languages: of a thing as well.
    BARE = "name names nombre nome naam navn namn nimi jméno név isim имя";
    /// National and other numbers of persons.
    ID = "passport nino nhs aadhaar aadhar cpf cnpj bsn pesel personnummer dni nie steuer fiscale sin tfn curp nif license
        licence";
    /// Streets and houses.
    STREET = "address street addr adresse anschrift strasse straße direccion dirección indirizzo adres adresa endereço
        endereco morada domicilio domicile osoite adress";
    /// What else has an address.
    NO_STREET = "ip mac email mail wallet web url memory contract ipv4 ipv6 network node host remote bind listen server";
    /// Credentials.
    SECRET = "password passwd pwd passphrase secret apikey credential credentials authorization passwort kennwort
        contraseña senha wachtwoord hasło";
    /// What keys of credentials do not hold.
    NO_SECRET = "count page next continuation max min cursor type limit usage expires expiry expiration name id hint url
        policy length last updated";
    /// Numbers of releases, which look like addresses.
    RELEASE = "version release build firmware revision ver";
    /// Both ends of a message.
    PARTY = "from to cc bcc sender recipient recipients attendees participants organizer replyto";
}

/// Dates of birth.
pub(crate) const BIRTH: &[&[&str]] = &[
    &["dob"],
    &["birth", "date"],
    &["date", "of", "birth"],
    &["birthday"],
    &["birthdate"],
    &["born"],
    &["geburtsdatum"],
    &["geboortedatum"],
    &["date", "de", "naissance"],
    &["fecha", "de", "nacimiento"],
    &["data", "di", "nascita"],
    &["data", "de", "nascimento"],
    &["data", "urodzenia"],
    &["födelsedatum"],
    &["fødselsdato"],
    &["syntymäaika"],
    &["datum", "narození"],
];

/// Postal codes.
pub(crate) const POST: &[&[&str]] = &[
    &["zip"],
    &["zipcode"],
    &["zip", "code"],
    &["postal", "code"],
    &["postcode"],
    &["postalcode"],
    &["plz"],
    &["postleitzahl"],
    &["code", "postal"],
    &["código", "postal"],
    &["codice", "postale"],
    &["kod", "pocztowy"],
    &["postnummer"],
    &["postinumero"],
    &["cep"],
];
