// oidc-provider as it comes, with its memory adapter, an app and introspection switched on.
// PORT FOLDER-OF-MODULES; on the loopback.
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';

const [port, modules] = process.argv.slice(2);
const found = createRequire(pathToFileURL(`${modules}/`)).resolve('oidc-provider');
const { default: Provider } = await import(pathToFileURL(found));

const provider = new Provider(`http://127.0.0.1:${port}`, {
  clients: [{
    client_id: 'bench',
    client_secret: 'a-secret-of-some-length-for-the-bench',
    grant_types: ['client_credentials'],
    redirect_uris: [],
    response_types: [],
  }],
  features: {
    clientCredentials: { enabled: true },
    devInteractions: { enabled: false },
    introspection: { enabled: true, allowedPolicy: () => true },
  },
  ttl: { ClientCredentials: 86_400 },
});
provider.listen(Number(port), '127.0.0.1');
