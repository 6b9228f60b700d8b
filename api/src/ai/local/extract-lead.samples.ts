/**
 * Free text as customers and agents write it. All people, companies and addresses are invented; the numbers are from
 * reserved ranges.
 */
export interface LeadSample {
  text: string
  name: string | null
  email: string | null
  /** E.164. */
  phone: string | null
  company: string | null
}

export const LEAD_SAMPLES: readonly LeadSample[] = [
  {
    text: `Hi there,

my name is Amelia Thornbury and I run purchasing at Larkfield Components Ltd. We would like a quote for 200 units.
You can reach me at amelia.thornbury@larkfield.example or on +44 20 7946 0312.

Best regards
Amelia`,
    name: 'Amelia Thornbury',
    email: 'amelia.thornbury@larkfield.example',
    phone: '+442079460312',
    company: 'Larkfield Components Ltd',
  },
  {
    text: `Name: Desmond Okafor
Company: Bluewater Analytics Inc.
Email: d.okafor@bluewater.example
Phone: (202) 555-0143
Message: Please call me back about the enterprise plan.`,
    name: 'Desmond Okafor',
    email: 'd.okafor@bluewater.example',
    phone: '+12025550143',
    company: 'Bluewater Analytics Inc.',
  },
  {
    text: `Sehr geehrte Damen und Herren,

wir interessieren uns für Ihre Plattform und bitten um ein Angebot.

Mit freundlichen Grüßen
Katharina Wiesinger
Nordwind Logistik GmbH
Tel. 030 23125 014
k.wiesinger@nordwind-logistik.example`,
    name: 'Katharina Wiesinger',
    email: 'k.wiesinger@nordwind-logistik.example',
    phone: '+493023125014',
    company: 'Nordwind Logistik GmbH',
  },
  {
    text: 'Call note: spoke with Mr Rajiv Menon from Coastal Freight Partners, wants a demo next week. Mobile +91 98765 00112, no mail yet.',
    name: 'Rajiv Menon',
    email: null,
    phone: '+919876500112',
    company: 'Coastal Freight Partners',
  },
  {
    text: `Bonjour,

Je m'appelle Élodie Marchand, responsable achats chez Verrières & Fils SARL. Pourriez-vous m'envoyer vos tarifs ?
Mon téléphone : 01 99 00 12 34, mon courriel : elodie.marchand@verrieres.example

Cordialement,
Élodie Marchand`,
    name: 'Élodie Marchand',
    email: 'elodie.marchand@verrieres.example',
    phone: '+33199001234',
    company: 'Verrières & Fils SARL',
  },
  {
    text: `From: "Tobias Grünfeld" <tobias.gruenfeld@alpenquell.example>
To: sales@aetherlink.example
Subject: Anfrage

Guten Tag, bitte rufen Sie mich unter +43 1 2345678 zurück. Wir sind die Alpenquell Getränke AG aus Wien.`,
    name: 'Tobias Grünfeld',
    email: 'tobias.gruenfeld@alpenquell.example',
    phone: '+4312345678',
    company: 'Alpenquell Getränke AG',
  },
  {
    text: 'Hola, soy Marisol Quintanar de Transportes Belmonte S.L. Necesito un presupuesto urgente. Mi correo es marisol@belmonte.example y mi móvil el 612 345 678.',
    name: 'Marisol Quintanar',
    email: 'marisol@belmonte.example',
    phone: '+34612345678',
    company: 'Transportes Belmonte S.L.',
  },
  {
    text: `Buongiorno,
sono Lorenzo Bertacchi della Officine Valtorta S.r.l.; vorremmo fissare una riunione.
Potete chiamarmi al +39 02 1234 5678 o scrivermi a l.bertacchi@valtorta.example.
Cordiali saluti`,
    name: 'Lorenzo Bertacchi',
    email: 'l.bertacchi@valtorta.example',
    phone: '+390212345678',
    company: 'Officine Valtorta S.r.l.',
  },
  {
    text: `Goedemiddag,

Mijn naam is Sanne Hoogendijk en ik werk bij Polderkracht B.V. Kunt u mij een offerte sturen naar sanne.hoogendijk@polderkracht.example?
Telefoon: 020 555 0187.

Met vriendelijke groet,
Sanne`,
    name: 'Sanne Hoogendijk',
    email: 'sanne.hoogendijk@polderkracht.example',
    phone: '+31205550187',
    company: 'Polderkracht B.V.',
  },
  {
    text: `Olá, meu nome é Thiago Brandão e trabalho na Pedra Azul Engenharia Ltda. Gostaria de receber uma proposta.
thiago.brandao@pedraazul.example - +55 11 98765-4321`,
    name: 'Thiago Brandão',
    email: 'thiago.brandao@pedraazul.example',
    phone: '+5511987654321',
    company: 'Pedra Azul Engenharia Ltda',
  },
  {
    text: `hey can someone ping me about pricing? i'm Casey Lindqvist, casey@driftwoodlabs.example. we're Driftwood Labs, 12 people. thx`,
    name: 'Casey Lindqvist',
    email: 'casey@driftwoodlabs.example',
    phone: null,
    company: 'Driftwood Labs',
  },
  {
    text: `Hej!

Jag heter Linnéa Bergdahl och arbetar på Skogsro Trävaror AB. Vi vill gärna ha en offert.

Vänliga hälsningar
Linnéa Bergdahl
+46 70 123 45 67
linnea@skogsro.example`,
    name: 'Linnéa Bergdahl',
    email: 'linnea@skogsro.example',
    phone: '+46701234567',
    company: 'Skogsro Trävaror AB',
  },
  {
    text: `Dzień dobry,

nazywam się Zuzanna Kowalczewska, reprezentuję firmę Bursztyn Meble Sp. z o.o. Proszę o kontakt: zuzanna.kowalczewska@bursztyn.example, tel. +48 601 234 567.

Pozdrawiam`,
    name: 'Zuzanna Kowalczewska',
    email: 'zuzanna.kowalczewska@bursztyn.example',
    phone: '+48601234567',
    company: 'Bursztyn Meble Sp. z o.o.',
  },
  {
    text: `お世話になっております。
株式会社青空商事の山野花子と申します。
お見積もりをお願いいたします。
電話：03-1234-5678
メール：hanako.yamano@aozora.example`,
    name: '山野花子',
    email: 'hanako.yamano@aozora.example',
    phone: '+81312345678',
    company: '株式会社青空商事',
  },
  {
    text: `PRISCILLA VANTERPOOL
Head of Operations
Harbourline Shipping Pty Ltd
Level 4, 12 Wharf Street
T +61 2 5550 1234   F +61 2 5550 1299
priscilla.vanterpool@harbourline.example`,
    name: 'Priscilla Vanterpool',
    email: 'priscilla.vanterpool@harbourline.example',
    phone: '+61255501234',
    company: 'Harbourline Shipping Pty Ltd',
  },
  {
    text: 'Just a quick question: does your product support SSO? Thanks, Jonah',
    name: 'Jonah',
    email: null,
    phone: null,
    company: null,
  },
  {
    text: `Order 20261104-55301 has not arrived. Invoice 4711000912 was paid on 12/11/2026. Please contact Beatrix Holloway, beatrix.holloway@example.com.`,
    name: 'Beatrix Holloway',
    email: 'beatrix.holloway@example.com',
    phone: null,
    company: null,
  },
  {
    text: `Firma: Steinbach & Söhne KG
Ansprechpartner: Herr Dr. Ulrich Steinbach
E-Mail: u.steinbach@steinbach-soehne.example
Telefon: +49 (0)89 23125-066
Fax: +49 (0)89 23125-067`,
    name: 'Ulrich Steinbach',
    email: 'u.steinbach@steinbach-soehne.example',
    phone: '+498923125066',
    company: 'Steinbach & Söhne KG',
  },
  {
    text: `Hello, this is Fergus O'Malley calling on behalf of Glenmoor Distillers. Could you ring me back on 0161 496 0114? Ta.`,
    name: "Fergus O'Malley",
    email: null,
    phone: '+441614960114',
    company: 'Glenmoor Distillers',
  },
  {
    text: `Société : Atelier Colombine SAS
Nom : Bastien Roquefeuil
Courriel : b.roquefeuil@colombine.example
Tél. : +33 6 12 34 56 78
Objet : demande de démonstration`,
    name: 'Bastien Roquefeuil',
    email: 'b.roquefeuil@colombine.example',
    phone: '+33612345678',
    company: 'Atelier Colombine SAS',
  },
  {
    text: `Wir haben gestern mit Frau Annegret Zollinger (annegret.zollinger@bergbahn.example) von der Bergbahn Tiefental AG gesprochen. Sie möchte bis Freitag ein Angebot. Rückruf unter +41 44 555 01 02.`,
    name: 'Annegret Zollinger',
    email: 'annegret.zollinger@bergbahn.example',
    phone: '+41445550102',
    company: 'Bergbahn Tiefental AG',
  },
  {
    text: `---------- Forwarded message ---------
From: Imani Castellanos <imani.castellanos@vistaclara.example>
Date: Tue, 3 Nov 2026 at 09:12
Subject: Re: trial
To: <support@aetherlink.example>

The trial works well. Can we move to the paid plan? My direct line is +1 (415) 555-0199.

Imani Castellanos | VistaClara LLC | Austin, TX`,
    name: 'Imani Castellanos',
    email: 'imani.castellanos@vistaclara.example',
    phone: '+14155550199',
    company: 'VistaClara LLC',
  },
  {
    text: 'Me llamo Ignacio Peñalver, director de compras en Cerámicas del Turia S.A., teléfono +34 96 123 45 67.',
    name: 'Ignacio Peñalver',
    email: null,
    phone: '+34961234567',
    company: 'Cerámicas del Turia S.A.',
  },
  {
    text: `Nome: Ginevra Altobelli
Azienda: Tessitura Monterosso SpA
Telefono: 06 1234 5678
Email: ginevra@monterosso.example`,
    name: 'Ginevra Altobelli',
    email: 'ginevra@monterosso.example',
    phone: '+390612345678',
    company: 'Tessitura Monterosso SpA',
  },
  {
    text: `Met at the fair: Wendell Abernathy, CTO, Quarry Hill Software, wendell@quarryhill.example, budget 40k, decision in Q1.`,
    name: 'Wendell Abernathy',
    email: 'wendell@quarryhill.example',
    phone: null,
    company: 'Quarry Hill Software',
  },
  {
    text: `Dobrý den, jmenuji se Radek Vyskočil a pracuji ve firmě Lípa Nábytek s.r.o. Prosím o cenovou nabídku na radek.vyskocil@lipa.example nebo +420 601 234 567. Děkuji.`,
    name: 'Radek Vyskočil',
    email: 'radek.vyskocil@lipa.example',
    phone: '+420601234567',
    company: 'Lípa Nábytek s.r.o.',
  },
  {
    text: `Merhaba, ben Defne Karahanlı, Yıldız Lojistik A.Ş. adına yazıyorum. Fiyat teklifi almak istiyoruz. defne.karahanli@yildiz.example, +90 532 123 45 67`,
    name: 'Defne Karahanlı',
    email: 'defne.karahanli@yildiz.example',
    phone: '+905321234567',
    company: 'Yıldız Lojistik A.Ş.',
  },
  {
    text: `Hi, I'm the office manager at Pinecrest Dental Group and we need help with our account. Regards, Rosalind Achterberg (rosalind@pinecrest.example)`,
    name: 'Rosalind Achterberg',
    email: 'rosalind@pinecrest.example',
    phone: null,
    company: 'Pinecrest Dental Group',
  },
  {
    text: 'please add me to the newsletter: m.delacroix@example.org',
    name: null,
    email: 'm.delacroix@example.org',
    phone: null,
    company: null,
  },
  {
    text: `Hallo, ich bin Frieda Osterkamp, Geschäftsführerin der Osterkamp Solar UG (haftungsbeschränkt). Meine Nummer: 0171 2345678. Mail: frieda@osterkamp-solar.example`,
    name: 'Frieda Osterkamp',
    email: 'frieda@osterkamp-solar.example',
    phone: '+491712345678',
    company: 'Osterkamp Solar UG',
  },
  {
    text: `Contact form
First name: Tamsin
Last name: Wetherell
Organisation: Marlowe Housing Association
E-mail address: tamsin.wetherell@marlowe.example
Telephone: 0161 496 0555`,
    name: 'Tamsin Wetherell',
    email: 'tamsin.wetherell@marlowe.example',
    phone: '+441614960555',
    company: 'Marlowe Housing Association',
  },
  {
    text: `Boa tarde,

Sou a Leonor Vasconcelos, da Quinta do Salgueiro, Lda. Preciso de ajuda com a fatura. O meu contacto é 912 345 678 e o email leonor@salgueiro.example.

Com os melhores cumprimentos`,
    name: 'Leonor Vasconcelos',
    email: 'leonor@salgueiro.example',
    phone: '+351912345678',
    company: 'Quinta do Salgueiro, Lda',
  },
  {
    text: `Hello team, following up on our chat. Cheers,

Oluwaseun Adebisi
Founder & CEO
Kestrel Robotics
+234 803 123 4567
seun@kestrelrobotics.example`,
    name: 'Oluwaseun Adebisi',
    email: 'seun@kestrelrobotics.example',
    phone: '+2348031234567',
    company: 'Kestrel Robotics',
  },
  {
    text: `De: Hortense Lavigueur <hortense.lavigueur@boreal.example>
Objet: Soumission

Bonjour, notre entreprise, Énergie Boréal inc., aimerait une soumission. Téléphone : 514-555-0166.`,
    name: 'Hortense Lavigueur',
    email: 'hortense.lavigueur@boreal.example',
    phone: '+15145550166',
    company: 'Énergie Boréal inc.',
  },
  {
    text: `Kundin: Frau Mehtap Özdal, Firma Sonnengarten Catering, 0221 23125 033, mehtap.oezdal@sonnengarten.example. Hat sich über die verspätete Lieferung vom 03.11.2026 beschwert.`,
    name: 'Mehtap Özdal',
    email: 'mehtap.oezdal@sonnengarten.example',
    phone: '+4922123125033',
    company: 'Sonnengarten Catering',
  },
  {
    text: `My colleague Priya Raghunathan (priya.raghunathan@saffronworks.example, +65 6555 0123) at SaffronWorks Pte. Ltd. asked for the security questionnaire.`,
    name: 'Priya Raghunathan',
    email: 'priya.raghunathan@saffronworks.example',
    phone: '+6565550123',
    company: 'SaffronWorks Pte. Ltd.',
  },
  {
    text: `Ik ben Joris van der Velde van Molenstroom Energie. Bel me op +31 6 12345678 of mail joris@molenstroom.example.`,
    name: 'Joris van der Velde',
    email: 'joris@molenstroom.example',
    phone: '+31612345678',
    company: 'Molenstroom Energie',
  },
  {
    text: `Hei, nimeni on Aino Koskelainen, työskentelen yrityksessä Revontuli Oy. Sähköposti: aino.koskelainen@revontuli.example, puh. +358 40 1234567.`,
    name: 'Aino Koskelainen',
    email: 'aino.koskelainen@revontuli.example',
    phone: '+358401234567',
    company: 'Revontuli Oy',
  },
  {
    text: `Hej, mit navn er Signe Lauridsen fra Vesterhav Fisk ApS. Ring venligst på +45 20 12 34 56.

Venlig hilsen
Signe Lauridsen`,
    name: 'Signe Lauridsen',
    email: null,
    phone: '+4520123456',
    company: 'Vesterhav Fisk ApS',
  },
  {
    text: `Voicemail transcript: "Yeah hi, this is Marcus Ellingboe with Tallgrass Manufacturing, uh, returning your call. I'm at 612-555-0178. Thanks."`,
    name: 'Marcus Ellingboe',
    email: null,
    phone: '+16125550178',
    company: 'Tallgrass Manufacturing',
  },
  {
    text: `Bitte um Rückruf. Gernot Hüttner, +43 660 1234567`,
    name: 'Gernot Hüttner',
    email: null,
    phone: '+436601234567',
    company: null,
  },
  {
    text: `Lead from webinar - Siobhan Kilbride / Emerald Isle Foods / siobhan.kilbride@emeraldisle.example / +353 1 555 0123`,
    name: 'Siobhan Kilbride',
    email: 'siobhan.kilbride@emeraldisle.example',
    phone: '+35315550123',
    company: 'Emerald Isle Foods',
  },
  {
    text: `Bonjour, je suis Mathieu Descombes, gérant de la société Le Fournil du Lac. Joignable au +41 22 555 01 23 ou mathieu@fournildulac.example`,
    name: 'Mathieu Descombes',
    email: 'mathieu@fournildulac.example',
    phone: '+41225550123',
    company: 'Le Fournil du Lac',
  },
  {
    text: `Nombre y apellidos: Rocío Santamaría Gil
Empresa: Aceites La Encina
Correo electrónico: rocio@laencina.example
Teléfono: +52 55 1234 5678`,
    name: 'Rocío Santamaría Gil',
    email: 'rocio@laencina.example',
    phone: '+525512345678',
    company: 'Aceites La Encina',
  },
  {
    text: `To whom it may concern,

Our invoice no. 2026-000871 over EUR 1,250.00 (IBAN DE00 1234 5678 9012 3456 78) seems wrong.

Kind regards,
Philippa Drummond-Hay
Accounts Payable, Castlegate Publishing plc
accounts@castlegate.example`,
    name: 'Philippa Drummond-Hay',
    email: 'accounts@castlegate.example',
    phone: null,
    company: 'Castlegate Publishing plc',
  },
  {
    text: `Salve, mi chiamo Ottavia Serafini e scrivo per conto di Cantina Poggio Alto. Vorrei informazioni. Cell. 347 123 4567, ottavia@poggioalto.example`,
    name: 'Ottavia Serafini',
    email: 'ottavia@poggioalto.example',
    phone: '+393471234567',
    company: 'Cantina Poggio Alto',
  },
  {
    text: `Witam, z tej strony Przemysław Jaworek z firmy Wiatrak Energia S.A. Proszę o telefon pod numer 512 345 678 albo mail: p.jaworek@wiatrak.example`,
    name: 'Przemysław Jaworek',
    email: 'p.jaworek@wiatrak.example',
    phone: '+48512345678',
    company: 'Wiatrak Energia S.A.',
  },
  {
    text: `Good morning. I am Dr. Helena Voskuijlen of the Zilverberg Institute. Could you email the brochure to h.voskuijlen@zilverberg.example?`,
    name: 'Helena Voskuijlen',
    email: 'h.voskuijlen@zilverberg.example',
    phone: null,
    company: 'Zilverberg Institute',
  },
  {
    text: `Interested in 3 licences. Call me: +1 604 555 0111 ext. 42. Gideon Farrow, Procurement Lead, Cedar & Stone Builders Corp.`,
    name: 'Gideon Farrow',
    email: null,
    phone: '+16045550111',
    company: 'Cedar & Stone Builders Corp.',
  },
  {
    text: `Bună ziua, numele meu este Ioana Dragomirescu și reprezint firma Carpat Textil SRL. Mă puteți contacta la ioana@carpat.example sau +40 721 234 567. Mulțumesc!`,
    name: 'Ioana Dragomirescu',
    email: 'ioana@carpat.example',
    phone: '+40721234567',
    company: 'Carpat Textil SRL',
  },
]
