// npm translate, as somebody would use it with a server of their own.
import translate from 'translate';

translate.engine = 'libre';
translate.url = `${process.argv[2]}/translate`;
translate.key = 'any';

const refused = await translate('Hi.', { from: 'en', to: 'fr' }).catch((error) => error.message);
console.log(JSON.stringify({ text: await translate('Good morning.', { from: 'en', to: 'pt' }), refused }));
